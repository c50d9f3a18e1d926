import { checkOptions, type Clock, type OptionRule } from '@interpose/core';

/** Settings of a {@link RetryBudget}. */
export interface RetryBudgetOptions {
  /** Retries that may be made in a row before any call succeeds. @default 100 */
  capacity?: number;
  /** What a call that succeeds earns, in retries. @default 0.1 */
  perSuccess?: number;
  /** What time earns, in retries a minute, so that a quiet application recovers as well. @default 5 */
  perMinute?: number;
}

/**
 * Checks the settings of a budget and fills in the defaults.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function budgetSettings(options: RetryBudgetOptions): Required<RetryBudgetOptions> {
  checkOptions('retry budget', options, { capacity: AMOUNT, perSuccess: AMOUNT, perMinute: AMOUNT });
  const { capacity = 100, perSuccess = 0.1, perMinute = 5 } = options;
  return { capacity, perSuccess, perMinute };
}

const AMOUNT: OptionRule = [
  (value) => Number.isFinite(value) && (value as number) >= 0,
  'a finite number >= 0',
];

// Ten deposits of 0.1 are one retry, though they add up to a little less in binary.
const ROUNDING = 1e-9;

/**
 * A token bucket that all calls of a layer share. A retry takes one token; only success and, slowly, time
 * give back. In an outage nothing succeeds, so retries stop after `capacity` of them.
 *
 * Source: the retry throttling of gRPC (proposal A6), with the deposit ratio of Finagle's RetryBudget.
 */
export class RetryBudget {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #perSuccess: number;
  readonly #perMs: number;
  #tokens: number;
  #at: number;

  constructor(clock: Clock, { capacity, perSuccess, perMinute }: Required<RetryBudgetOptions>) {
    this.#clock = clock;
    this.#capacity = capacity;
    this.#perSuccess = perSuccess;
    this.#perMs = perMinute / 60_000;
    this.#tokens = capacity;
    this.#at = clock.monotonic();
  }

  /** A call succeeded. */
  deposit(): void {
    this.#add(this.#perSuccess);
  }

  /** Takes the token of one retry. @returns false when there is none */
  withdraw(): boolean {
    const now = this.#clock.monotonic();
    this.#add((now - this.#at) * this.#perMs);
    this.#at = now;
    if (this.#tokens < 1 - ROUNDING) return false;
    this.#tokens -= 1;
    return true;
  }

  #add(tokens: number): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + tokens);
  }
}
