import {
  ConfigurationError,
  checkOptions,
  milliseconds,
  option,
  type Duration,
  type OptionRule,
} from '@interpose/core';
import type { LimitStore } from './limit-store.ts';
import { rateOf, type Rate, type RateOptions } from './rate.ts';

/** Options of `limit`. */
export interface LimitOptions {
  /** Calls in any window of time. @default no limit */
  requests?: RateOptions;
  /** Tokens in any window of time: input and output, estimated first and corrected afterwards. @default no limit */
  tokens?: RateOptions;
  /** Calls that may be under way at once, until their replies have ended. @default no limit */
  concurrency?: number;
  /** What each has limits of its own: `endpoint`, `tenant`, `user`, `model`, another tag, or `all` together. @default 'all' */
  per?: string;
  /** The longest that a call waits; one that would have to wait longer is refused at once. @default '30s' */
  maxWait?: Duration;
  /** How many calls of one key may wait. @default 1000 */
  maxQueue?: number;
  /** Where limits are counted. @default the layer's `LIMIT_STORE`, or else in memory */
  store?: LimitStore;
  /** Whether the provider's own limits are obeyed: by its headers, its `retry-after`, its 429s. @default true */
  adaptive?: boolean;
  /** When the store fails: refuse calls (`closed`), or let them go unlimited (`open`). @default 'closed' */
  onFault?: 'open' | 'closed';
  /** How long a slot of a process that died stays taken. @default '1m' */
  lease?: Duration;
}

/** The options of `limit`, checked and with the defaults filled in. */
export interface LimitSettings {
  readonly requests: Rate | undefined;
  readonly tokens: Rate | undefined;
  readonly concurrency: number | undefined;
  readonly per: string;
  readonly maxWaitMs: number;
  readonly maxQueue: number;
  readonly store: LimitStore | undefined;
  readonly adaptive: boolean;
  readonly onFault: 'open' | 'closed';
  readonly leaseMs: number;
  /** The settings as data. */
  readonly describe: () => Record<string, unknown>;
}

// The tolerance of a rate, as a part of its window. It makes up for late timers, and is lost to the steady rate.
const REQUESTS_SHARE = 0.01;
const TOKENS_SHARE = 0.012;

/**
 * Checks options and fills in the defaults.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function limitSettings(options: LimitOptions): LimitSettings {
  checkOptions('limit', options, RULES);
  const { requests, tokens, concurrency, store } = options;
  const {
    per = 'all',
    maxWait = '30s',
    maxQueue = 1000,
    adaptive = true,
    onFault = 'closed',
    lease = '1m',
  } = options;
  const leaseMs = milliseconds(lease, 'limit', 'lease');
  if (leaseMs === 0) throw ConfigurationError.option('limit', 'lease', 'longer than 0', lease);
  return {
    requests: requests && rateOf('requests', requests, REQUESTS_SHARE),
    tokens: tokens && rateOf('tokens', tokens, TOKENS_SHARE),
    concurrency,
    per,
    maxWaitMs: milliseconds(maxWait, 'limit', 'maxWait'),
    maxQueue,
    store,
    adaptive,
    onFault,
    leaseMs,
    describe: () => ({
      requests: requests ? { ...requests } : 'none',
      tokens: tokens ? { ...tokens } : 'none',
      concurrency: concurrency ?? 'none',
      per,
      maxWait,
      maxQueue,
      store: store ? 'custom' : 'default',
      adaptive,
      lease,
    }),
  };
}

const RULES: Readonly<Record<string, OptionRule>> = {
  requests: option.object,
  tokens: option.object,
  concurrency: option.integer(1),
  per: option.string,
  maxWait: option.any,
  maxQueue: option.integer(0),
  store: option.object,
  adaptive: option.boolean,
  onFault: option.oneOf('open', 'closed'),
  lease: option.any,
};
