import { expect, test } from 'vitest';
import { Climb } from './climb.ts';

/** The rate in calls per second at a moment, in words. */
function rate(climb: Climb, now: number): string {
  const gapMs = climb.gapMs(now);
  return gapMs === 0 ? 'free' : (1000 / gapMs).toFixed(1);
}

function succeed(climb: Climb, from: number, to: number, perSecond: number): void {
  for (let now = from; now < to; now += 1000 / perSecond) climb.succeeded(now);
}

test('without a refusal there is no limit', () => {
  const climb = new Climb();
  succeed(climb, 0, 5000, 100);
  expect(rate(climb, 5000)).toBe('free');
});

test('after the first refusal it doubles each second, after each further one it comes back to what it was', () => {
  const climb = new Climb();
  succeed(climb, 1, 1000, 5);
  climb.refused(1000);
  expect([1000, 2000, 3000].map((now) => rate(climb, now))).toEqual(['5.0', '10.0', '20.0']);
  succeed(climb, 2001, 3000, 20);
  climb.refused(3000);
  // Those that were sent before it are of the same moment.
  climb.refused(3100);
  expect([3000, 4000, 5500, 8000, 10_500, 13_000].map((now) => rate(climb, now))).toEqual([
    '17.0',
    '18.5',
    '19.6',
    '20.0',
    '20.4',
    '23.0',
  ]);
  expect([18_000, 23_000].map((now) => rate(climb, now))).toEqual(['44.0', 'free']);
});

test('a provider that refuses everything is asked ever less often', () => {
  const climb = new Climb();
  succeed(climb, 1, 1000, 8);
  const rates = [1000, 3000, 5000, 7000, 9000, 11_000, 13_000].map((now) => {
    climb.refused(now);
    return rate(climb, now);
  });
  expect(rates.slice(0, 3)).toEqual(['8.0', '13.6', '6.6']);
  expect(Number(rates.at(-1))).toBeLessThan(0.5);
});
