import { expect, test } from 'vitest';
import { answer, events, told } from '../cache.test-support.ts';
import { cache } from '../index.ts';
import { semanticStack } from './semantic.test-support.ts';

const FIRST = 'How do I cancel my order?';
const SIMILAR = 'How can I cancel an order?';

test('inside of cache: the very same question costs no embedding, and what is similar is not kept as exact', async () => {
  const { ask, embedded, calls, log } = semanticStack([answer('so')], {}, { outside: [cache()] });
  expect(await told(ask(FIRST))).toBe('200 miss: so');
  expect(await told(ask(FIRST))).toBe('200 hit 0: so');
  expect(embedded).toHaveLength(1);
  expect(await told(ask(SIMILAR))).toBe('200 semantic 0: so');
  expect(await told(ask(SIMILAR))).toBe('200 semantic 0: so');
  expect([embedded.length, calls.length]).toEqual([3, 1]);
  expect(log.filter((line) => /^cache\.(store|skip)/.test(line))).toEqual([
    expect.stringContaining('cache.store'),
    'cache.skip {"reason":"source"}',
    'cache.skip {"reason":"source"}',
  ]);
});

test('inside of cache: streams as well', async () => {
  const { ask, calls } = semanticStack([{ events: events('so it is') }], {}, { outside: [cache()] });
  expect(await told(ask(FIRST, { stream: true }))).toBe('200 miss: so it is [DONE]');
  expect(await told(ask(SIMILAR, { stream: true }))).toBe('200 semantic 0: so it is [DONE]');
  expect(await told(ask(SIMILAR, { stream: true }))).toBe('200 semantic 0: so it is [DONE]');
  expect(calls).toHaveLength(1);
});

test('inside of cache: identical questions in flight share one embedding', async () => {
  const { ask, embedded, calls } = semanticStack([answer('so')], {}, { outside: [cache()] });
  const all = await Promise.all([told(ask(FIRST)), told(ask(FIRST)), told(ask(FIRST))]);
  expect([all, embedded.length, calls.length]).toEqual([
    ['200 miss: so', '200 coalesced: so', '200 coalesced: so'].map((text) =>
      expect.stringMatching(text.replace(': ', '.*: ')),
    ),
    1,
    1,
  ]);
});

test('outside of cache: embeddings are among what is cached', async () => {
  const { ask, embedded, calls } = semanticStack([answer('so')], {}, { inside: [cache()] });
  expect(await told(ask(FIRST))).toBe('200 miss: so');
  expect(await told(ask(FIRST))).toBe('200 semantic 0: so');
  expect(await told(ask(SIMILAR))).toBe('200 semantic 0: so');
  expect([embedded.length, calls.length]).toEqual([2, 1]);
});

test('outside of cache: what that answered is not kept once more, and comes as it was asked for', async () => {
  const { ask, clock, log } = semanticStack([{ events: events('so') }], { ttl: '1s' }, { inside: [cache()] });
  await told(ask(FIRST, { stream: true }));
  await clock.advance('2s');
  expect(await told(ask(FIRST, { stream: true }))).toBe('200 hit 2: so [DONE]');
  expect(log.filter((line) => line.startsWith('semantic-cache.s'))).toEqual([
    expect.stringContaining('semantic-cache.store'),
    'semantic-cache.skip {"reason":"source"}',
  ]);
});
