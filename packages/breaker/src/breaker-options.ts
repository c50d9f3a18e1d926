import {
  ConfigurationError,
  checkOptions,
  milliseconds,
  option,
  type Call,
  type Duration,
  type Failure,
  type FailureKind,
  type OptionRule,
} from '@interpose/core';
import type { BreakerRules, BreakerState, BreakerStore } from './breaker-store.ts';

/** Opens when a part of the recent calls failed. */
export interface SampleOptions {
  /** The part, from 0 to 1. */
  share: number;
  /** How many calls there have to be. @default 20 */
  minCalls?: number;
  /** Which calls are recent. @default '30s' */
  every?: Duration;
}

/** A breaker that opened, probes or closed. */
export interface BreakerChange {
  readonly target: string;
  readonly from: BreakerState;
  readonly to: BreakerState;
  /** While it is open: when the next probe may go, in milliseconds. */
  readonly retryMs: number;
  /** What opened it. */
  readonly failure?: Failure;
}

/** Options of `breaker`. */
export interface BreakerOptions {
  /** What opens it: so many failures in a row, or a part of the recent calls. @default { consecutive: 5 } */
  trip?: { consecutive: number } | SampleOptions;
  /** How long it stays open before a probe may go; twice as long after each that failed. @default '10s' */
  openFor?: Duration;
  /** The longest that it stays open, also where the provider asks for more. @default '30s' */
  maxOpenFor?: Duration;
  /** How many probes may be under way at once: answers take their time. @default 3 */
  maxProbes?: number;
  /** How long a probe keeps its place at most. @default '1m' */
  maxProbeTime?: Duration;
  /** What has a breaker of its own. @default its host and model */
  key?: (args: { readonly call: Call }) => string;
  /** Which failures count. @default those that pass by themselves, but for 409 and 429: those are of a target that is well */
  shouldCount?: (args: { readonly call: Call; readonly failure: Failure }) => boolean;
  /** Called when a breaker opens, probes or closes. */
  onChange?: (change: BreakerChange) => void;
  /** Where state is kept. @default the layer's `BREAKER_STORE`, or else in memory */
  store?: BreakerStore;
  /** When the store fails: let calls go (`open`), or refuse them (`closed`). @default 'open' */
  onFault?: 'open' | 'closed';
}

/** The options of `breaker`, checked and with the defaults filled in. */
export interface BreakerSettings extends Required<Pick<BreakerOptions, 'key' | 'shouldCount' | 'onFault'>> {
  readonly rules: BreakerRules;
  readonly openMs: number;
  readonly maxOpenMs: number;
  readonly onChange: BreakerOptions['onChange'];
  readonly store: BreakerStore | undefined;
  /** The settings as data. */
  readonly describe: () => Record<string, unknown>;
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function breakerSettings(options: BreakerOptions): BreakerSettings {
  checkOptions('breaker', options, RULES);
  const {
    trip = { consecutive: 5 },
    openFor = '10s',
    maxOpenFor = '30s',
    maxProbes = 3,
    maxProbeTime = '1m',
    key = hostAndModel,
    shouldCount = counts,
    onFault = 'open',
    onChange,
    store,
  } = options;
  return {
    rules: { ...tripOf(trip), maxProbes, probeMs: span('maxProbeTime', maxProbeTime) },
    openMs: span('openFor', openFor),
    maxOpenMs: Math.max(span('openFor', openFor), span('maxOpenFor', maxOpenFor)),
    key,
    shouldCount,
    onFault,
    onChange,
    store,
    describe: () => ({
      trip: { ...trip },
      openFor,
      maxOpenFor,
      maxProbes,
      maxProbeTime,
      key: key === hostAndModel ? 'host and model' : 'custom',
      shouldCount: shouldCount === counts ? 'default' : 'custom',
      store: store ? 'custom' : 'default',
    }),
  };
}

function tripOf(trip: NonNullable<BreakerOptions['trip']>): Pick<BreakerRules, 'consecutive' | 'sample'> {
  if ('consecutive' in trip) {
    checkOptions('breaker trip', trip, { consecutive: option.integer(1) });
    return { consecutive: trip.consecutive };
  }
  checkOptions('breaker trip', trip, {
    share: [(value) => option.number(0, 1)[0](value) && value !== 0, 'a number above 0, up to 1'],
    minCalls: option.integer(1),
    every: option.any,
  });
  const { share, minCalls = 20, every = '30s' } = trip;
  if (share === undefined)
    throw ConfigurationError.option('breaker', 'trip', '{ consecutive } or { share }', trip);
  return { sample: { share, minCalls, everyMs: span('every', every) } };
}

function span(name: string, duration: Duration): number {
  const ms = milliseconds(duration, 'breaker', name);
  if (ms === 0) throw ConfigurationError.option('breaker', name, 'longer than 0', duration);
  return ms;
}

function hostAndModel({ call }: { readonly call: Call }): string {
  const { model } = call;
  const { host } = new URL(call.url);
  return model === undefined ? host : `${host} ${model}`;
}

/** Kinds of a target that answers, and says what is the matter. */
const OF_THE_LIVING: ReadonlySet<FailureKind> = new Set(['conflict', 'rate_limited']);

function counts({ failure }: { readonly failure: Failure }): boolean {
  return failure.transient && !OF_THE_LIVING.has(failure.kind);
}

const RULES: Readonly<Record<string, OptionRule>> = {
  trip: option.object,
  openFor: option.any,
  maxOpenFor: option.any,
  maxProbes: option.integer(1),
  maxProbeTime: option.any,
  key: option.function,
  shouldCount: option.function,
  onChange: option.function,
  store: option.object,
  onFault: option.oneOf('open', 'closed'),
};
