import { fakeClock } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { memoryCacheStore } from './index.ts';
import { cacheStoreSuite } from './suite/index.ts';

describe('in memory', () => {
  const suite = cacheStoreSuite(() => {
    const clock = fakeClock();
    return {
      store: memoryCacheStore({ clock }),
      advance: (ms) => clock.advance(ms),
      close: async () => {},
    };
  });
  for (const { name, run } of suite) test(name, run);
});

test('what was not asked for the longest goes first when there is no more room', async () => {
  const store = memoryCacheStore({ maxBytes: 5000 });
  const bytes = new Uint8Array(1000);
  for (const key of ['a', 'b', 'c']) await store.set(key, bytes, 60_000);
  await store.get('a');
  await store.set('d', bytes, 60_000);
  const kept = await Promise.all(
    ['a', 'b', 'c', 'd'].map(async (key) => [key, Boolean(await store.get(key))]),
  );
  expect(kept).toEqual([
    ['a', true],
    ['b', false],
    ['c', true],
    ['d', true],
  ]);
});

test('what is larger than all the room is not kept, and drives nothing out', async () => {
  const store = memoryCacheStore({ maxBytes: 5000 });
  await store.set('a', new Uint8Array(1000), 60_000);
  await store.set('b', new Uint8Array(10_000), 60_000);
  expect([Boolean(await store.get('a')), await store.get('b')]).toEqual([true, undefined]);
});

test('a wrong limit is told at once', () => {
  expect(() => memoryCacheStore({ maxBytes: 0 })).toThrow(
    'memoryCacheStore: maxBytes must be an integer >= 1, got 0',
  );
});
