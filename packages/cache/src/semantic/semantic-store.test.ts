import { randomBytes } from 'node:crypto';
import { provide, type StackEntry } from '@interpose/core';
import { fakeClock } from '@interpose/testing';
import { expect, test } from 'vitest';
import { answer, gate, told } from '../cache.test-support.ts';
import { CACHE_STORE, memoryCacheStore, type CacheStore } from '../index.ts';
import { VECTOR_INDEX, memoryVectorIndex, type SemanticCacheOptions, type VectorIndex } from './index.ts';
import { semanticStack, vectorOf } from './semantic.test-support.ts';

const FIRST = 'How do I cancel my order?';
const SIMILAR = 'How can I cancel an order?';
const never = (): Promise<never> => new Promise(() => {});
const broken = (): never => {
  throw new Error('broken');
};

test.each<[string, Partial<SemanticCacheOptions>]>([
  ['a search', { index: { ...memoryVectorIndex(), search: broken } }],
  ['a search, later', { index: { ...memoryVectorIndex(), search: async () => broken() } }],
  ['keeping a vector', { index: { ...memoryVectorIndex(), add: broken } }],
  ['reading an answer', { store: { ...memoryCacheStore(), get: broken } }],
  ['keeping an answer', { store: { ...memoryCacheStore(), set: broken } }],
])('%s that fails is a miss, and is told', async (_, options) => {
  const { ask, log } = semanticStack([answer('one'), answer('two')], options);
  expect(await told(ask(FIRST))).toBe('200 miss: one');
  expect(await told(ask(SIMILAR))).toBe('200 miss: two');
  expect(log).toContain('fault semantic-cache open');
});

test('an index that hangs costs a call no more than a moment, and is then left alone', async () => {
  const index: VectorIndex = { ...memoryVectorIndex(), search: never };
  const { ask, clock } = semanticStack([answer('one'), answer('two')], { index, storeTimeout: '40ms' });
  const first = told(ask(FIRST));
  await clock.advance(40);
  expect(await first).toBe('200 miss: one');
  expect(await told(ask(SIMILAR))).toBe('200 miss: two');
  expect(clock.pending).toBe(0);
});

test('a vector whose answer is gone is forgotten, and stands in the way of nothing', async () => {
  const store = memoryCacheStore();
  const index = memoryVectorIndex();
  let key = '';
  const set: CacheStore['set'] = (id, bytes, ttlMs) => {
    key = id;
    return store.set(id, bytes, ttlMs);
  };
  const { ask } = semanticStack([answer('one'), answer('two')], { store: { ...store, set }, index });
  const removed: string[] = [];
  const remove = index.remove;
  index.remove = (wall, id, dimensions) => {
    removed.push(`${id} of ${dimensions}`);
    return remove(wall, id, dimensions);
  };
  await told(ask(FIRST));
  const gone = key;
  await store.delete(gone);
  expect(await told(ask(SIMILAR))).toBe('200 miss: two');
  expect(removed).toEqual([`${gone} of 2`]);
  expect(await told(ask(FIRST))).toBe('200 semantic 0: two');
  expect(removed).toHaveLength(1);
});

test('a vector whose answer could not be read is not forgotten', async () => {
  const store = memoryCacheStore();
  let down = false;
  const get: CacheStore['get'] = (key) => (down ? broken() : store.get(key));
  const { ask, clock } = semanticStack([answer('one'), answer('two'), answer('three')], {
    store: { ...store, get },
  });
  await told(ask(FIRST));
  down = true;
  expect(await told(ask(SIMILAR))).toBe('200 miss: two');
  down = false;
  await clock.advance('5s');
  // Of which the store is asked by way of trial.
  await told(ask(SIMILAR));
  await clock.advance(1);
  expect(await told(ask(FIRST))).toBe('200 semantic 5: one');
});

test('answers are kept as they are in the store of the layer, and found by another process', async () => {
  const shared: StackEntry[] = [
    provide(CACHE_STORE, memoryCacheStore()),
    provide(VECTOR_INDEX, memoryVectorIndex()),
  ];
  await told(semanticStack([answer('one')], {}, { inside: shared }).ask(FIRST));
  expect(await told(semanticStack([], {}, { inside: shared }).ask(SIMILAR))).toMatch(/^200 semantic 0: one/);
});

test('an index that is shared is not used where the answers are not', async () => {
  let searches = 0;
  const index = memoryVectorIndex();
  const search: VectorIndex['search'] = (...asked) => {
    searches++;
    return index.search(...asked);
  };
  const shared = [provide(VECTOR_INDEX, { ...index, search })];
  const { ask } = semanticStack([answer('one')], {}, { inside: shared });
  await told(ask(FIRST));
  expect(await told(ask(SIMILAR))).toBe('200 semantic 0: one');
  expect(searches).toBe(0);
});

test('entries are encrypted when that is asked for, and what cannot be read is a miss', async () => {
  const store = memoryCacheStore();
  const index = memoryVectorIndex();
  const kept: string[] = [];
  const set: CacheStore['set'] = (key, bytes, ttlMs) => {
    kept.push(Buffer.from(bytes).toString());
    return store.set(key, bytes, ttlMs);
  };
  const [ours = '', theirs = ''] = [randomBytes(32), randomBytes(32)].map((key) => key.toString('base64'));
  const common = { store: { ...store, set }, index, verify: () => true };
  const one = semanticStack([answer('a secret')], { ...common, encryption: [ours] });
  await told(one.ask(FIRST));
  expect(await told(one.ask(SIMILAR))).toBe('200 semantic 0: a secret');
  expect(kept.join()).not.toMatch(/secret|cancel/);
  const other = semanticStack([answer('another')], { ...common, encryption: [theirs] });
  expect(await told(other.ask(SIMILAR))).toBe('200 miss: another');
  expect(other.log.filter((line) => line.startsWith('cache.unreadable'))).toHaveLength(1);
});

test('vectors of another model are never compared', async () => {
  const common = { store: memoryCacheStore(), index: memoryVectorIndex() };
  await told(semanticStack([answer('one')], { ...common, model: 'a' }).ask(FIRST));
  const others: Partial<SemanticCacheOptions>[] = [
    { model: 'b' },
    { model: 'a', dimensions: 2 },
    { model: 'a', embed: (texts) => texts.map(vectorOf) },
  ];
  for (const options of others) {
    expect(await told(semanticStack([answer('two')], { ...common, ...options }).ask(FIRST))).toBe(
      '200 miss: two',
    );
  }
  expect(await told(semanticStack([], { ...common, model: 'a' }).ask(SIMILAR))).toMatch(/^200 semantic/);
});

test('a clock that was set back makes no answer older or younger than it is', async () => {
  const common = { store: memoryCacheStore(), index: memoryVectorIndex() };
  const ahead = fakeClock({ now: Date.UTC(2027, 0, 1) });
  await told(semanticStack([answer('one')], common, { clock: ahead }).ask(FIRST));
  expect(await told(semanticStack([], common).ask(SIMILAR))).toBe('200 semantic 0: one');
});

test('closing waits for what is being kept', async () => {
  const { opened, open } = gate();
  const done: string[] = [];
  const index = memoryVectorIndex();
  const add: VectorIndex['add'] = async (...kept) => {
    await opened;
    done.push('kept');
    await index.add(...kept);
  };
  const { ask, layer } = semanticStack([answer('one')], { index: { ...index, add } });
  await told(ask(FIRST));
  const closing = layer.close().then(() => done.push('closed'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toEqual([]);
  open();
  await closing;
  expect(done).toEqual(['kept', 'closed']);
});
