import { ConfigurationError, checkOptions, milliseconds, option, type Duration } from '@interpose/core';

/** So many of something in each window of time. */
export interface RateOptions {
  /** Never more than this in any window of `every`. */
  readonly limit: number;
  readonly every: Duration;
  /**
   * How many may go at once, after a pause. Each takes one from the steady rate, which is `limit - burst + 1` per
   * window, for the limit holds in any window. @default about 1 in 100
   */
  readonly burst?: number;
}

// By how much a call may be later at the provider than another, as a part of the window.
const GUARD = 0.006;

/** A rate as the stores count it. */
export interface Rate {
  readonly limit: number;
  readonly everyMs: number;
  /** What `amount` costs, in whole microseconds. */
  cost(amount: number): number;
  readonly burstUs: number;
  readonly keepUs: number;
}

/**
 * Turns a limit into the terms of the generic cell rate algorithm, such that it holds in every window.
 *
 * With T between cells and a tolerance, of n cells the last comes at least (n - 1) T - tolerance after the first. So that
 * cell `limit + 1` comes a whole window after the first, T = (every + tolerance) / limit. A burst of b cells is a tolerance
 * of (b - 1) T. Where none is asked for, the window is taken for a little longer than it is, for not all calls are equally
 * long on their way to the provider, who counts by its own clock.
 *
 * Source: ITU-T I.371, virtual scheduling algorithm.
 *
 * @param share the default of the tolerance, as a part of the window.
 * @throws {ConfigurationError} for a wrong option.
 */
export function rateOf(name: string, options: RateOptions, share: number): Rate {
  checkOptions(`limit ${name}`, options, {
    limit: option.integer(1),
    every: option.any,
    burst: option.integer(1, Math.max(1, options.limit)),
  });
  const { limit, every, burst } = options;
  if (limit === undefined)
    throw ConfigurationError.option(`limit ${name}`, 'limit', 'an integer >= 1', limit);
  const everyMs = milliseconds(every, `limit ${name}`, 'every');
  if (everyMs === 0) throw ConfigurationError.option(`limit ${name}`, 'every', 'longer than 0', every);
  const everyUs = Math.ceil(everyMs * 1000);
  // The default is a part of the window and not of the cells: it makes up for timers that are late, also of slow rates.
  const exactUs =
    burst === undefined ? (everyUs * (1 + share + GUARD)) / limit : everyUs / (limit - burst + 1);
  // Whole where that makes no difference, so that single cells come out even.
  const cellUs = exactUs < 1000 ? exactUs : Math.ceil(exactUs);
  const toleranceUs = burst === undefined ? everyUs * share : (burst - 1) * cellUs;
  return {
    limit,
    everyMs,
    // Rounded up, and the burst down, so that rounding never adds a cell.
    cost: (amount) => Math.ceil(amount * cellUs),
    burstUs: Math.floor(toleranceUs + cellUs),
    keepUs: everyUs,
  };
}
