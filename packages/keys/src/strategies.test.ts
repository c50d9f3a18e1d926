import { callOf, seededRandom } from '@interpose/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { credentialsOf } from './key.ts';
import { PooledKey } from './pooled-key.ts';
import { chooserOf, type KeyStrategy } from './strategies.ts';
import { bench, deferred } from './keys.test-support.ts';

const keysOf = (weights: Readonly<Record<string, number>>): PooledKey[] =>
  credentialsOf(
    Object.entries(weights).map(([key, weight]) => ({ key, weight })),
    'keys',
  ).map((credential) => new PooledKey(credential));

/** The keys that so many calls get. */
function chosen(
  strategy: KeyStrategy,
  keys: readonly PooledKey[],
  tags: readonly (string | undefined)[],
): string[] {
  const choose = chooserOf(strategy, seededRandom(3));
  return tags.map((tenant) => {
    const key = choose(keys, callOf({ tags: tenant === undefined ? {} : { tenant } }));
    key.uses++;
    return key.credential.key;
  });
}

const calls = (count: number): undefined[] => Array.from({ length: count }, () => undefined);

describe('round-robin', () => {
  test('takes turns by weight, spread evenly', () => {
    expect(chosen('round-robin', keysOf({ a: 5, b: 1, c: 1 }), calls(7)).join('')).toBe('aabacaa');
  });

  test('gives each its share, whatever the weights', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(weights, (list) => {
        const record = Object.fromEntries(list.map((weight, index) => [`k${index}`, weight]));
        const total = list.reduce((sum, weight) => sum + weight, 0);
        const counts = chosen('round-robin', keysOf(record), calls(total * 3));
        for (const [key, weight] of Object.entries(record)) {
          expect(counts.filter((one) => one === key).length).toBe(weight * 3);
        }
      }),
    );
  });
});

test('random gives each about its share', () => {
  const counts = chosen('random', keysOf({ a: 3, b: 1 }), calls(4000));
  const share = counts.filter((key) => key === 'a').length / counts.length;
  expect(share).toBeGreaterThan(0.72);
  expect(share).toBeLessThan(0.78);
});

describe('least-used', () => {
  test('takes the one with the fewest calls under way for its weight, and of equals the one that was used least', () => {
    const keys = keysOf({ a: 1, b: 1, c: 2 });
    const [a, b, c] = keys as [PooledKey, PooledKey, PooledKey];
    [a.underWay, b.underWay, c.underWay] = [2, 1, 1];
    expect(chosen('least-used', keys, calls(1))).toEqual(['c']);
    c.underWay = 2;
    b.uses = 5;
    expect(chosen('least-used', keys, calls(1))).toEqual(['c']);
    c.underWay = 3;
    expect(chosen('least-used', keys, calls(1))).toEqual(['b']);
  });

  test('knows what is under way: until a stream has ended, or a call has failed', async () => {
    const hanging = deferred<object>();
    const { ask, used } = bench({ keys: ['a', 'b'], strategy: 'least-used' }, [
      () => hanging.promise,
      new TypeError('fetch failed'),
    ]);
    const first = ask();
    await ask();
    await ask();
    await ask();
    expect(used()).toEqual(['a', 'b', 'b', 'b']);
    hanging.resolve({ choices: [] });
    await first;
    await ask();
    expect(used().at(-1)).toBe('a');
  });
});

describe('sticky', () => {
  const tenants = Array.from({ length: 600 }, (_, index) => `tenant-${index}`);
  const strategy = { sticky: 'tenant' };

  test('gives the same value the same key, and each key its share of the values', () => {
    const keys = keysOf({ a: 1, b: 1, c: 2 });
    const first = chosen(strategy, keys, tenants);
    expect(chosen(strategy, keys, tenants)).toEqual(first);
    const share = (key: string): number => first.filter((one) => one === key).length;
    expect([share('a'), share('b'), share('c')].map((count) => Math.round(count / 50))).toEqual([3, 3, 6]);
  });

  test('moves only the values of a key that is gone', () => {
    const all = chosen(strategy, keysOf({ a: 1, b: 1, c: 1 }), tenants);
    const without = chosen(strategy, keysOf({ a: 1, c: 1 }), tenants);
    expect(without.filter((key, index) => all[index] !== 'b' && key !== all[index])).toEqual([]);
  });

  test('lets calls without the tag take turns', () => {
    expect(chosen(strategy, keysOf({ a: 1, b: 1 }), calls(4))).toEqual(['a', 'b', 'a', 'b']);
  });
});
