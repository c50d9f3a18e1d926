import {
  ConfigurationError,
  checkOptions,
  milliseconds,
  option,
  type Call,
  type Duration,
  type OptionRule,
} from '@interpose/core';
import type { CacheKeyRules } from './cache-key.ts';
import type { CacheStore } from './cache-store.ts';
import type { CodecOptions } from './codec.ts';
import { isDeterministic } from './deterministic.ts';
import type { Partition } from './partition.ts';
import type { Pace } from './replay.ts';
import { KEYS_VARIABLE, Seal } from './seal.ts';

/** Options of `cache`. */
export interface CacheOptions {
  /** How long an answer is fresh. @default '1h' */
  ttl?: Duration;
  /** Which calls are looked up and kept: see `isDeterministic`; all; or those that it is told. @default 'deterministic' */
  when?: 'deterministic' | 'always' | ((args: { readonly call: Call }) => boolean);
  /** How long after its `ttl` an answer is still given, while it is asked for anew in the background. @default 0 */
  staleWhileRevalidate?: Duration;
  /**
   * What a call is known by, in place of its params. Operation, URL, credential and partition count all the same.
   * @default the params, less those that say who asks or how to deliver
   */
  key?: (args: { readonly call: Call }) => unknown;
  /**
   * Whose entries a call may see. @default the tag `tenant`; once a call had one, a call without is refused.
   * `'tenant'` refuses from the first call on
   */
  partition?: Partition;
  /** Whether each credential has entries of its own. @default true */
  perCredential?: boolean;
  /** Where answers are kept. @default the layer's `CACHE_STORE`, or else 64 MiB in memory */
  store?: CacheStore;
  /** How long a call waits for the store; one that fails is left alone for a while. @default '50ms' */
  storeTimeout?: Duration;
  /** Larger answers are not kept, and may be shared only by calls that read along. In bytes. @default 4 MiB */
  maxEntryBytes?: number;
  /** Larger entries are compressed (zstd). In bytes. @default 16 KiB */
  compressOverBytes?: number;
  /**
   * Encrypts entries with AES-256-GCM: keys of 32 bytes in base64, the current one first, or `'environment'`:
   * those in `INTERPOSE_CACHE_KEYS`, separated by commas. @default entries are not encrypted
   */
  encryption?: 'environment' | readonly string[];
  /** How fast streams are replayed. @default 'instant' */
  pace?: Pace;
}

/** The options of `cache`, checked and with the defaults filled in. */
export interface CacheSettings {
  readonly ttlMs: number;
  readonly staleMs: number;
  readonly decides: (call: Call) => boolean;
  /** Whether that goes by the operation and the params alone. */
  readonly decidesByWords: boolean;
  readonly keyRules: CacheKeyRules;
  readonly partition: Partition | undefined;
  readonly store: CacheStore | undefined;
  readonly storeTimeoutMs: number;
  readonly codec: CodecOptions;
  readonly pace: Pace;
  /** The settings as data. */
  readonly describe: () => Record<string, unknown>;
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function cacheSettings(options: CacheOptions): CacheSettings {
  checkOptions('cache', options, RULES);
  const { key, partition, store, encryption } = options;
  const { ttl = '1h', when = 'deterministic', staleWhileRevalidate = 0, pace = 'instant' } = options;
  const { perCredential = true, storeTimeout = '50ms' } = options;
  const { maxEntryBytes = 4 * 1024 * 1024, compressOverBytes = 16 * 1024 } = options;
  const ttlMs = milliseconds(ttl, 'cache', 'ttl');
  if (ttlMs === 0) throw ConfigurationError.option('cache', 'ttl', 'longer than 0', ttl);
  const storeTimeoutMs = milliseconds(storeTimeout, 'cache', 'storeTimeout');
  if (storeTimeoutMs === 0)
    throw ConfigurationError.option('cache', 'storeTimeout', 'longer than 0', storeTimeout);
  return {
    ttlMs,
    staleMs: milliseconds(staleWhileRevalidate, 'cache', 'staleWhileRevalidate'),
    decides: decisionOf(when),
    decidesByWords: typeof when !== 'function',
    keyRules: { identity: key, perCredential },
    partition,
    store,
    storeTimeoutMs,
    codec: { compressOverBytes, maxEntryBytes, seal: sealOf(encryption) },
    pace,
    describe: () => ({
      ttl,
      when: typeof when === 'function' ? 'custom' : when,
      staleWhileRevalidate,
      key: key ? 'custom' : 'params',
      partition: typeof partition === 'function' ? 'custom' : (partition ?? 'tenant, where there are any'),
      perCredential,
      store: store ? 'custom' : 'default',
      storeTimeout,
      maxEntryBytes,
      compressOverBytes,
      encryption: encryption ? 'aes-256-gcm' : 'none',
      pace,
    }),
  };
}

/** Tells the calls that are looked up and kept from the others. */
export function decisionOf(when: NonNullable<CacheOptions['when']>): (call: Call) => boolean {
  if (when === 'deterministic') return isDeterministic;
  return when === 'always' ? () => true : (call) => when({ call });
}

/** What encrypts entries. @throws {ConfigurationError} which never says a key. */
export function sealOf(encryption: CacheOptions['encryption']): Seal | undefined {
  if (encryption !== 'environment') return encryption && Seal.of(encryption);
  const keys = process.env[KEYS_VARIABLE]?.split(',').map((key) => key.trim());
  if (!keys) throw new ConfigurationError(`cache: ${KEYS_VARIABLE} is not set`, 'invalid_option');
  return Seal.of(keys);
}

/** What the options have to be. */
export const RULES: Readonly<Record<string, OptionRule>> = {
  ttl: option.any,
  when: [
    (value) => value === 'deterministic' || value === 'always' || typeof value === 'function',
    "'deterministic', 'always' or a function",
  ],
  staleWhileRevalidate: option.any,
  key: option.function,
  partition: [(value) => value === 'tenant' || typeof value === 'function', "'tenant' or a function"],
  perCredential: option.boolean,
  store: option.object,
  storeTimeout: option.any,
  maxEntryBytes: option.integer(1),
  compressOverBytes: option.integer(0),
  encryption: [
    (value) =>
      value === 'environment' || (Array.isArray(value) && value.every((key) => typeof key === 'string')),
    "'environment' or a list of keys",
  ],
  pace: option.oneOf('instant', 'recorded'),
};
