import { expect, test } from 'vitest';
import { seededRandom } from './seeded-random.ts';

const take = (seed: number, count: number) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

test('is the same for the same seed and another for another', () => {
  expect(take(1, 5)).toEqual(take(1, 5));
  expect(take(1, 5)).not.toEqual(take(2, 5));
  // Of the reference implementation, so that it stays the same from version to version.
  expect(take(1, 3)).toEqual([0.6270739405881613, 0.002735721180215478, 0.5274470399599522]);
});

test('spreads evenly over [0, 1)', () => {
  const numbers = take(7, 10_000);
  const tenths = Array.from(
    { length: 10 },
    (_, tenth) => numbers.filter((n) => Math.floor(n * 10) === tenth).length,
  );
  expect(Math.min(...tenths)).toBeGreaterThan(900);
  expect(Math.max(...tenths)).toBeLessThan(1100);
});
