import { expect, test } from 'vitest';
import { stackOf } from './asking.test-support.ts';
import { places, type StoreKind } from './stores.test-support.ts';

type Spoil = (bytes: Buffer, other: Buffer) => Uint8Array;

// The first byte of an entry is its format.
const spoiled: Readonly<Record<string, Spoil>> = {
  'one damaged bit': (bytes) => bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte)),
  'an earlier version': (bytes) => bytes.fill(0, 0, 1),
  'a later version': (bytes) => bytes.fill(9, 0, 1),
  'a beginning': (bytes) => bytes.subarray(0, 40),
  nothing: () => new Uint8Array(),
  'something else': () => Buffer.from('{"choices":[]}'),
  'the entry of another call': (_, other) => other,
};

const cases = (['redis', 'sqlite'] as const satisfies StoreKind[]).flatMap((kind) =>
  Object.keys(spoiled).map((what) => [kind, what] as const),
);

test.each(cases)('%s holds %s: it is missed, told of, and made good', async (kind, what) => {
  const { plugin, store, keys } = await places[kind]();
  const { ask, provider, log } = stackOf([plugin], { storeTimeout: '10s' });
  await ask('hello');
  await expect.poll(() => ask('hello')).toBe('hit: Good morning');
  const [key = ''] = await keys();
  await ask('good evening');
  await expect.poll(async () => (await keys()).length).toBe(2);
  const [otherKey = ''] = (await keys()).filter((each) => each !== key);
  const bytes = Buffer.from((await store.get(key)) ?? []);
  const other = Buffer.from((await store.get(otherKey)) ?? []);
  await store.set(key, spoiled[what]?.(bytes, other) ?? bytes, 60_000);

  const before = log.length;
  expect(await ask('hello')).toBe('miss: Good morning');
  expect(log.slice(before).filter((line) => /unreadable|fault/.test(line))).toEqual([
    expect.stringContaining('cache.unreadable'),
  ]);
  expect(provider.requests).toHaveLength(3);
  await expect.poll(() => ask('hello')).toBe('hit: Good morning');
  expect(provider.requests).toHaveLength(3);
});
