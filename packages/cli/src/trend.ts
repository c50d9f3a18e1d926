import { dayNumber } from './day.ts';

/** A row of days, cut into parts of the same length; the last may be shorter. */
export interface Trend {
  /** The number of the first day. */
  readonly first: number;
  readonly parts: number;
  /** How many days a part has. */
  readonly daysEach: number;
}

/**
 * Cuts days into as many parts as fit.
 *
 * @param first the number of the first day; `last` of the last.
 * @param most how many parts there may be, one at least.
 */
export function trend(first: number, last: number, most: number): Trend {
  const days = last - first + 1;
  const daysEach = Math.ceil(days / Math.max(1, most));
  return { first, parts: Math.ceil(days / daysEach), daysEach };
}

/** What each part came to. Days out of range, and what is no day, are left out. */
export function amounts({ first, parts, daysEach }: Trend, days: ReadonlyMap<string, bigint>): bigint[] {
  const sums = Array.from({ length: parts }, () => 0n);
  for (const [day, cost] of days) {
    const number = dayNumber(day);
    const part = number === undefined ? -1 : Math.floor((number - first) / daysEach);
    if (part >= 0 && part < parts) sums[part] = (sums[part] ?? 0n) + cost;
  }
  return sums;
}
