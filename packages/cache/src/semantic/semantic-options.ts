import {
  ConfigurationError,
  checkOptions,
  milliseconds,
  option,
  type Call,
  type Duration,
  type OptionRule,
} from '@interpose/core';
import { RULES, decisionOf, sealOf, type CacheOptions } from '../cache-options.ts';
import type { CacheStore } from '../cache-store.ts';
import type { CodecOptions } from '../codec.ts';
import type { Partition } from '../partition.ts';
import type { Embed } from './embedder.ts';
import type { VectorIndex } from './vector-index.ts';

/** What {@link SemanticCacheOptions.verify} is asked. */
export interface Likeness {
  /** What the user says now. */
  readonly asked: string;
  /** What was answered. */
  readonly known: string;
  /** The cosine of their embeddings. */
  readonly similarity: number;
}

/** Decides whether the answer to one question is one to the other. */
export type Verify = (likeness: Likeness) => boolean | Promise<boolean>;

/** Options of `semanticCache`. Those that `cache` has mean the same. */
export interface SemanticCacheOptions extends Pick<
  CacheOptions,
  'ttl' | 'when' | 'partition' | 'perCredential' | 'store' | 'storeTimeout' | 'maxEntryBytes' | 'encryption'
> {
  /**
   * How similar two questions have to be, above 0 and up to 1. There is no default: it depends on the model of the
   * embeddings and on what is asked, and has to be measured.
   */
  threshold: number;
  /** Makes embeddings. @default the provider of the call is asked, through the units further in */
  embed?: Embed;
  /** The model of the embeddings; with `embed`, a name for it. @default 'text-embedding-3-small' */
  model?: string;
  /** How many numbers an embedding has, where its model can be told. @default as many as the model has */
  dimensions?: number;
  /** How long a call waits for an embedding; what fails is left alone for a while. @default '1s' */
  embedTimeout?: Duration;
  /**
   * Asked before an answer to another question is given: the last word against questions that only look alike. One that
   * throws says no. With it, questions are kept beside their answers. @default what is similar enough is given
   */
  verify?: Verify;
  /** How long a call waits for `verify`. @default '1s' */
  verifyTimeout?: Duration;
  /** Longer texts are not compared: the longer, the less a word changes. @default 1000 */
  maxCharacters?: number;
  /** Where vectors are kept. @default the layer's `VECTOR_INDEX`, or else 64 MiB in memory */
  index?: VectorIndex;
}

/** The options of `semanticCache`, checked and with the defaults filled in. */
export interface SemanticSettings {
  readonly threshold: number;
  readonly embed: Embed | undefined;
  readonly model: string;
  readonly dimensions: number | undefined;
  readonly verify: Verify | undefined;
  readonly index: VectorIndex | undefined;
  readonly store: CacheStore | undefined;
  readonly partition: Partition | undefined;
  readonly perCredential: boolean;
  readonly maxCharacters: number;
  readonly maxEntryBytes: number;
  readonly ttlMs: number;
  readonly embedTimeoutMs: number;
  readonly verifyTimeoutMs: number;
  readonly storeTimeoutMs: number;
  readonly decides: (call: Call) => boolean;
  readonly codec: CodecOptions;
  /** The settings as data. */
  readonly describe: () => Record<string, unknown>;
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws {ConfigurationError} for a wrong option, or without a `threshold`.
 */
export function semanticSettings(options: SemanticCacheOptions): SemanticSettings {
  checkOptions(UNIT, options, SEMANTIC_RULES);
  const { threshold, embed, dimensions, verify, index, store, partition, encryption } = options;
  const { model = 'text-embedding-3-small', perCredential = true, when = 'deterministic' } = options;
  const { ttl = '1h', storeTimeout = '50ms', embedTimeout = '1s', verifyTimeout = '1s' } = options;
  const { maxCharacters = 1000, maxEntryBytes = 4 * 1024 * 1024 } = options;
  if (threshold === undefined) throw ConfigurationError.option(UNIT, 'threshold', THRESHOLD, threshold);
  return {
    threshold,
    embed,
    model,
    dimensions,
    verify,
    index,
    store,
    partition,
    perCredential,
    maxCharacters,
    maxEntryBytes,
    ttlMs: longerThan0('ttl', ttl),
    embedTimeoutMs: longerThan0('embedTimeout', embedTimeout),
    verifyTimeoutMs: longerThan0('verifyTimeout', verifyTimeout),
    storeTimeoutMs: longerThan0('storeTimeout', storeTimeout),
    decides: decisionOf(when),
    codec: { compressOverBytes: COMPRESS_OVER_BYTES, maxEntryBytes, seal: sealOf(encryption) },
    describe: () => ({
      threshold,
      embed: embed ? 'custom' : 'the provider',
      model: embed && options.model === undefined ? 'custom' : model,
      ...(dimensions !== undefined && { dimensions }),
      embedTimeout,
      verify: verify ? 'custom' : 'none',
      ...(verify && { verifyTimeout }),
      maxCharacters,
      ttl,
      when: typeof when === 'function' ? 'custom' : when,
      partition: typeof partition === 'function' ? 'custom' : (partition ?? 'tenant, where there are any'),
      perCredential,
      index: index ? 'custom' : 'default',
      store: store ? 'custom' : 'default',
      storeTimeout,
      maxEntryBytes,
      encryption: encryption ? 'aes-256-gcm' : 'none',
    }),
  };
}

const UNIT = 'semanticCache';
const THRESHOLD = 'a number above 0 and up to 1';
const COMPRESS_OVER_BYTES = 16 * 1024;

function longerThan0(name: string, duration: Duration): number {
  const ms = milliseconds(duration, UNIT, name);
  if (ms === 0) throw ConfigurationError.option(UNIT, name, 'longer than 0', duration);
  return ms;
}

const { staleWhileRevalidate: _stale, key: _key, pace: _pace, compressOverBytes: _over, ...SHARED } = RULES;

const SEMANTIC_RULES: Readonly<Record<string, OptionRule>> = {
  ...SHARED,
  threshold: [(value) => typeof value === 'number' && value > 0 && value <= 1, THRESHOLD],
  embed: option.function,
  model: option.string,
  dimensions: option.integer(1),
  embedTimeout: option.any,
  verify: option.function,
  verifyTimeout: option.any,
  maxCharacters: option.integer(1),
  index: option.object,
};
