import { ConfigurationError, checkOptions, milliseconds, option, type Duration } from '@interpose/core';
import { credentialsOf, type Credential, type KeyList } from './key.ts';
import type { Rests } from './pool.ts';
import type { KeySource } from './source.ts';
import type { KeyStrategy } from './strategies.ts';

/** Options of {@link keys}: `keys`, or a `source` of them. */
export interface KeysOptions {
  /** The keys. */
  keys?: KeyList;
  /** Gives the keys, and is asked again from time to time: `keyFile(path)`, or a function. */
  source?: KeySource;
  /** How old what the source gave may be, when a call comes, before it is asked again on the side. @default '5m' */
  refresh?: Duration;
  /** How long the source may take. @default '10s' */
  sourceTimeout?: Duration;
  /** How the keys take turns. @default 'round-robin' */
  strategy?: KeyStrategy;
  /** How long a key rests after a 429 that does not say. @default '20s' */
  cooldown?: Duration;
  /** How long a key rests whose quota is spent, at least. @default '1h' */
  quotaCooldown?: Duration;
  /** How long a key is left alone that the provider refused (401), unless the source takes it out before. @default '1h' */
  retirement?: Duration;
  /**
   * What becomes of a call when all keys rest: it is refused with the time at which the first is back; waits for that one,
   * `maxWait` at most; or goes with that one at once. @default 'refuse'
   */
  onExhausted?: 'refuse' | 'wait' | 'earliest';
  /** How long a call waits for a key at most. @default '30s' */
  maxWait?: Duration;
  /** While a source has given no keys yet: refuse calls, or send them with the client's own key. @default 'closed' */
  onFault?: 'open' | 'closed';
}

/** Checked options, with their defaults. */
export interface KeysSettings {
  readonly credentials: readonly Credential[] | undefined;
  readonly source: KeySource | undefined;
  readonly refreshMs: number;
  readonly sourceTimeoutMs: number;
  readonly strategy: KeyStrategy;
  readonly rests: Rests;
  readonly onExhausted: 'refuse' | 'wait' | 'earliest';
  readonly maxWaitMs: number;
  readonly onFault: 'open' | 'closed';
}

const STRATEGIES: readonly unknown[] = ['round-robin', 'least-used', 'random'];

/** @throws {ConfigurationError} for a wrong option; never with what may be a key. */
export function keysSettings(options: KeysOptions): KeysSettings {
  // Keys that are given in place of options are not to be quoted.
  if (!option.object[0](options))
    throw new ConfigurationError('keys: options must be an object', 'invalid_option');
  checkOptions('keys', options, {
    keys: option.any,
    source: option.any,
    refresh: option.any,
    sourceTimeout: option.any,
    strategy: [isStrategy, "'round-robin', 'least-used', 'random' or { sticky: the name of a tag }"],
    cooldown: option.any,
    quotaCooldown: option.any,
    retirement: option.any,
    onExhausted: option.oneOf('refuse', 'wait', 'earliest'),
    maxWait: option.any,
    onFault: option.oneOf('open', 'closed'),
  });
  const { keys, source, strategy = 'round-robin', onExhausted = 'refuse', onFault = 'closed' } = options;
  if ((keys === undefined) === (source === undefined)) {
    throw new ConfigurationError('keys: give keys, or a source of them', 'invalid_option');
  }
  if (source !== undefined && typeof source !== 'function') {
    throw new ConfigurationError('keys: source must be a function, such as keyFile(path)', 'invalid_option');
  }
  const { refresh = '5m', sourceTimeout = '10s', cooldown = '20s', quotaCooldown = '1h' } = options;
  const { retirement = '1h', maxWait = '30s' } = options;
  const ms = (duration: Duration, name: string): number => milliseconds(duration, 'keys', name);
  return {
    credentials: keys && credentialsOf(keys, 'keys'),
    source,
    refreshMs: ms(refresh, 'refresh'),
    sourceTimeoutMs: ms(sourceTimeout, 'sourceTimeout'),
    strategy,
    rests: {
      cooldownMs: ms(cooldown, 'cooldown'),
      quotaCooldownMs: ms(quotaCooldown, 'quotaCooldown'),
      retirementMs: ms(retirement, 'retirement'),
    },
    onExhausted,
    maxWaitMs: ms(maxWait, 'maxWait'),
    onFault,
  };
}

function isStrategy(value: unknown): boolean {
  if (STRATEGIES.includes(value)) return true;
  const { sticky } = Object(value) as { sticky?: unknown };
  return typeof sticky === 'string' && /^[a-z0-9_-]+$/.test(sticky);
}
