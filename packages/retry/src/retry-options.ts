import {
  checkOptions,
  milliseconds,
  option,
  type Call,
  type Duration,
  type Failure,
  type OptionRule,
} from '@interpose/core';
import { exponential, type Delay } from './backoff.ts';
import { budgetSettings, type RetryBudgetOptions } from './retry-budget.ts';

/** Options of `retry`. */
export interface RetryOptions {
  /** Attempts per call, the first included; with 1, every failure passes as it is. @default 4 */
  maxAttempts?: number;
  /** The wait before the next attempt. @default exponential('500ms'), with full jitter */
  delay?: Delay;
  /** The longest wait that `delay` may ask for. @default '8s' */
  maxDelay?: Duration;
  /** Which failures are worth another attempt. @default those whose `transient` is true */
  shouldRetry?: (args: {
    readonly call: Call;
    readonly failure: Failure;
    readonly attempt: number;
  }) => boolean;
  /** The layer's budget of retries; `false` for none. @default { capacity: 100, perSuccess: 0.1, perMinute: 5 } */
  budget?: RetryBudgetOptions | false;
  /** Whether a wait that the provider asks for is obeyed. @default true */
  respectRetryAfter?: boolean;
  /** The longest wait that the provider may ask for; above it the call fails at once. @default '60s' */
  maxRetryAfter?: Duration;
  /** Called before each wait. What it throws ends the call. */
  onRetry?: (args: {
    readonly call: Call;
    readonly failure: Failure;
    /** The attempt that failed, from 1. */
    readonly attempt: number;
    readonly waitMs: number;
  }) => void;
}

/** The options of `retry`, checked and with the defaults filled in. */
export interface RetrySettings extends Required<Pick<RetryOptions, 'maxAttempts' | 'delay' | 'shouldRetry'>> {
  readonly maxMs: number;
  readonly budget: Required<RetryBudgetOptions> | false;
  readonly respectRetryAfter: boolean;
  readonly maxRetryAfterMs: number;
  readonly onRetry: RetryOptions['onRetry'];
  /** The settings as data. */
  readonly describe: () => Record<string, unknown>;
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function retrySettings(options: RetryOptions): RetrySettings {
  checkOptions('retry', options, RULES);
  const {
    maxAttempts = 4,
    delay = exponential(),
    maxDelay = '8s',
    shouldRetry = transient,
    budget: budgetOptions = {},
    respectRetryAfter = true,
    maxRetryAfter = '60s',
    onRetry,
  } = options;
  const budget = budgetOptions === false ? false : budgetSettings(budgetOptions);
  return {
    maxAttempts,
    delay,
    maxMs: milliseconds(maxDelay, 'retry', 'maxDelay'),
    shouldRetry,
    budget,
    respectRetryAfter,
    maxRetryAfterMs: milliseconds(maxRetryAfter, 'retry', 'maxRetryAfter'),
    onRetry,
    describe: () => ({
      maxAttempts,
      delay: DELAYS.has(delay.name) ? delay.name : 'custom',
      maxDelay,
      shouldRetry: shouldRetry === transient ? 'transient' : 'custom',
      budget,
      respectRetryAfter,
      maxRetryAfter,
    }),
  };
}

function transient({ failure }: { readonly failure: Failure }): boolean {
  return failure.transient;
}

const DELAYS: ReadonlySet<string> = new Set(['exponential', 'decorrelated']);

const RULES: Readonly<Record<string, OptionRule>> = {
  maxAttempts: option.integer(1),
  delay: option.function,
  maxDelay: option.any,
  shouldRetry: option.function,
  budget: [(value) => value === false || option.object[0](value), 'an object or false'],
  respectRetryAfter: option.boolean,
  maxRetryAfter: option.any,
  onRetry: option.function,
};
