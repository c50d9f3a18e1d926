import {
  checkOptions,
  ConfigurationError,
  milliseconds,
  option,
  type Call,
  type Duration,
} from '@interpose/core';
import type { Ledger } from './ledger.ts';
import { rulesOf, type Limit, type Rule } from './limit.ts';

/** Options of {@link budget}. */
export interface BudgetOptions {
  /** All of them hold for a call that they apply to: what one refuses is not sent. */
  limits: readonly Limit[];
  /** Where the books are kept. @default the layer's LEDGER, or else in memory */
  ledger?: Ledger;
  /**
   * What happens to a call that a limit has not enough left for: it is refused, waits until there is, or goes to a
   * smaller model. @default 'refuse'
   */
  onExceed?: 'refuse' | 'queue' | { readonly downgradeTo: string };
  /** How long a call waits in the queue at most. @default '30s' */
  maxWait?: Duration;
  /**
   * What happens to a call whose model nobody knows the price of, where a limit in USD applies: it is refused, taken
   * for what `estimate` says, or goes uncounted in that limit. @default 'refuse'
   */
  unknownModel?: 'refuse' | 'estimate' | 'allow';
  /** US dollars for a million tokens of a model that is not known, in and out alike. @default 100 */
  assumePrice?: number;
  /** Output tokens of a call that sets no limit. @default what the model can write at most, or 4096 */
  assumeOutput?: number;
  /** How long what a call holds outlives its process. @default '60s' */
  lease?: Duration;
  /** Whether calls are refused or go unchecked while the ledger does not answer. @default 'closed' */
  onFault?: 'open' | 'closed';
}

/** Checked options, with their defaults. */
export interface BudgetSettings {
  readonly rules: readonly Rule[];
  readonly ledger: Ledger | undefined;
  readonly onExceed: NonNullable<BudgetOptions['onExceed']>;
  readonly maxWaitMs: number;
  readonly unknownModel: NonNullable<BudgetOptions['unknownModel']>;
  readonly assumePrice: number;
  readonly assumeOutput: number | undefined;
  readonly leaseMs: number;
  readonly onFault: 'open' | 'closed';
}

/**
 * Checks what `budget` was given.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function budgetSettings(options: BudgetOptions): BudgetSettings {
  checkOptions('budget', options, {
    limits: option.any,
    ledger: [isLedger, 'a ledger'],
    onExceed: [isOnExceed, "'refuse', 'queue' or { downgradeTo: a model }"],
    maxWait: option.any,
    unknownModel: option.oneOf('refuse', 'estimate', 'allow'),
    assumePrice: option.number(0, 1e6),
    assumeOutput: option.integer(0),
    lease: option.any,
    onFault: option.oneOf('open', 'closed'),
  });
  const {
    limits,
    ledger,
    onExceed = 'refuse',
    maxWait = '30s',
    unknownModel = 'refuse',
    assumePrice = 100,
    assumeOutput,
    lease = '60s',
    onFault = 'closed',
  } = options;
  const leaseMs = milliseconds(lease, 'budget', 'lease');
  if (leaseMs < 1000) throw ConfigurationError.option('budget', 'lease', 'at least 1s', lease);
  return {
    rules: rulesOf(limits),
    ledger,
    onExceed,
    maxWaitMs: milliseconds(maxWait, 'budget', 'maxWait'),
    unknownModel,
    assumePrice,
    assumeOutput,
    leaseMs,
    onFault,
  };
}

/** Whether a limit in USD applies to a call. */
export function dollarRule(rules: readonly Rule[], call: Call): Rule | undefined {
  return rules.find((rule) => rule.unit === 'usd' && rule.applies(call));
}

function isLedger(value: unknown): boolean {
  const ledger = value as Partial<Ledger> | null;
  return typeof ledger?.reserve === 'function' && typeof ledger.settle === 'function';
}

function isOnExceed(value: unknown): boolean {
  if (value === 'refuse' || value === 'queue') return true;
  return typeof (value as { downgradeTo?: unknown } | null)?.downgradeTo === 'string';
}
