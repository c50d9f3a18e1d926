import { ConfigurationError, milliseconds, type Call, type Duration, type Failure } from '@interpose/core';

/** What a {@link Delay} goes by. */
export interface DelayArgs {
  readonly call: Call;
  readonly failure: Failure;
  /** How many attempts have failed, from 1. */
  readonly failures: number;
  /** The wait before the last attempt, in milliseconds; 0 before the second. */
  readonly previousMs: number;
  /** The most that it may be, in milliseconds. */
  readonly maxMs: number;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** How long to wait before the next attempt, in milliseconds. What exceeds `maxMs` is cut to it. */
export type Delay = (args: DelayArgs) => number;

/**
 * Exponential backoff with full jitter: a random time up to `base`, 2 `base`, 4 `base` and so on. Spreads
 * clients that failed together the widest.
 *
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 *
 * @param base the bound of the first wait. @default '500ms'
 */
export function exponential(base: Duration = '500ms'): Delay {
  const baseMs = positive(base);
  return function exponential({ failures, maxMs, random }) {
    return random() * Math.min(maxMs, baseMs * 2 ** (failures - 1));
  };
}

/**
 * Decorrelated jitter: a random time between `base` and three times the last wait. Grows as fast, but never
 * waits less than `base`.
 *
 * Source: as of {@link exponential}.
 *
 * @param base the least wait. @default '500ms'
 */
export function decorrelated(base: Duration = '500ms'): Delay {
  const baseMs = positive(base);
  return function decorrelated({ previousMs, maxMs, random }) {
    return Math.min(maxMs, baseMs + random() * (Math.max(baseMs, previousMs) * 3 - baseMs));
  };
}

function positive(base: Duration): number {
  const baseMs = milliseconds(base, 'retry', 'delay');
  if (baseMs === 0) throw ConfigurationError.option('retry', 'delay', 'longer than 0', base);
  return baseMs;
}
