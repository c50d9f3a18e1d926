import { ConfigurationError, Failure } from '@interpose/core';
import { callOf, seededRandom } from '@interpose/testing';
import { expect, test } from 'vitest';
import { decorrelated, exponential, type Delay } from './index.ts';

const args = { call: callOf(), failure: new Failure('server'), previousMs: 0, maxMs: 8000 };

/** The waits of one call that fails again and again. */
function waits(delay: Delay, random: () => number, count = 7, maxMs = 8000): number[] {
  let previousMs = 0;
  return Array.from({ length: count }, (_, index) => {
    previousMs = delay({ ...args, maxMs, failures: index + 1, previousMs, random });
    return previousMs;
  });
}

const most = (): number => 1 - Number.EPSILON / 2;

test('full jitter is bounded by base, 2 base, 4 base and so on, and by maxDelay', () => {
  expect(waits(exponential('500ms'), most).map(Math.round)).toEqual([
    500, 1000, 2000, 4000, 8000, 8000, 8000,
  ]);
  expect(waits(exponential('500ms'), () => 0)).toEqual([0, 0, 0, 0, 0, 0, 0]);
});

test('full jitter starts at 500 ms unless told', () => {
  expect(waits(exponential(), () => 0.5, 3)).toEqual([250, 500, 1000]);
  expect(waits(exponential(100), () => 0.5, 3)).toEqual([50, 100, 200]);
});

test('full jitter fills its range evenly', () => {
  const random = seededRandom(7);
  const tenths = Array.from({ length: 10 }, () => 0);
  for (let draw = 0; draw < 10_000; draw++) {
    const wait = exponential(1000)({ ...args, failures: 1, random: () => random.next() });
    tenths[Math.floor(wait / 100)]! += 1;
  }
  expect(Math.min(...tenths)).toBeGreaterThan(900);
  expect(Math.max(...tenths)).toBeLessThan(1100);
});

test('decorrelated jitter is between base and three times the last wait, at most maxDelay', () => {
  expect(waits(decorrelated('500ms'), most, 6).map(Math.round)).toEqual([1500, 4500, 8000, 8000, 8000, 8000]);
  expect(waits(decorrelated('500ms'), () => 0, 4)).toEqual([500, 500, 500, 500]);
  expect(waits(decorrelated(), () => 0, 1)).toEqual([500]);
});

test('a maxDelay below base wins', () => {
  expect(waits(exponential('1s'), most, 2, 10).map(Math.round)).toEqual([10, 10]);
  expect(waits(decorrelated('1s'), most, 2, 10).map(Math.round)).toEqual([10, 10]);
});

test('after thousands of failures the wait is still a number', () => {
  expect(exponential('1d')({ ...args, failures: 5000, random: () => 0.5 })).toBe(4000);
});

test('a base that is no span of time is refused', () => {
  const messages = [0, '0s', -1, 'soon', Number.NaN, Infinity].flatMap((base) =>
    [exponential, decorrelated].map((make) => {
      try {
        make(base as never);
        return 'accepted';
      } catch (error) {
        return error instanceof ConfigurationError ? error.message : error;
      }
    }),
  );
  const span = "retry: delay must be a duration such as 250, '250ms', '2s' or '1h'";
  expect([...new Set(messages)]).toEqual([
    'retry: delay must be longer than 0, got 0',
    'retry: delay must be longer than 0, got "0s"',
    `${span}, got -1`,
    `${span}, got "soon"`,
    `${span}, got NaN`,
    `${span}, got Infinity`,
  ]);
});
