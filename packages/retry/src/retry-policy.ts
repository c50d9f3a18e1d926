import { deadline, type Call, type Clock, type Failure, type Random } from '@interpose/core';
import { RetryBudget } from './retry-budget.ts';
import type { RetryStop } from './retry-error.ts';
import type { RetrySettings } from './retry-options.ts';

/** What a policy goes by. */
export interface FailedAttempt {
  readonly call: Call;
  readonly failure: Failure;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** How many attempts have failed, from 1. */
  readonly failures: number;
  /** The wait before the last attempt, in milliseconds; 0 before the second. */
  readonly previousMs: number;
}

/** What is to be done after a failed attempt: stop, for this reason, or wait and try again. */
export type Verdict = { readonly stop: RetryStop | 'persistent' } | Wait;

interface Wait {
  readonly stop?: undefined;
  readonly waitMs: number;
  readonly reason: 'backoff' | 'retry-after';
}

// A little more than asked, at most this, so that clients that were sent away together do not return together.
const RETRY_AFTER_JITTER = 0.1;
const MAX_RETRY_AFTER_JITTER_MS = 1000;

/** Decides whether a failed attempt is followed by another one, and when. Knows nothing of how they are made. */
export class RetryPolicy {
  readonly #settings: RetrySettings;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #budget: RetryBudget | undefined;

  constructor(settings: RetrySettings, clock: Clock, random: Random) {
    this.#settings = settings;
    this.#clock = clock;
    this.#random = random;
    this.#budget = settings.budget === false ? undefined : new RetryBudget(clock, settings.budget);
  }

  /** A call succeeded. */
  succeeded(): void {
    this.#budget?.deposit();
  }

  /** Judges a failed attempt. What functions of the user's throw is thrown. */
  judge(failed: FailedAttempt): Verdict {
    const stop = this.#whyStop(failed);
    if (stop) return { stop };
    const wait = this.#wait(failed);
    if (this.#clock.monotonic() + wait.waitMs >= failed.call.get(deadline)) return { stop: 'no_time_left' };
    // Last, so that only what is sent is taken from it.
    return this.#budget?.withdraw() === false ? { stop: 'retry_budget_exhausted' } : wait;
  }

  #whyStop({ call, failure, attempt, failures }: FailedAttempt): RetryStop | 'persistent' | undefined {
    const { maxAttempts, shouldRetry, maxRetryAfterMs } = this.#settings;
    if (call.signal.aborted || failure.kind === 'aborted') return 'persistent';
    if (!call.replayable || maxAttempts === 1) return 'persistent';
    if (!shouldRetry({ call, failure, attempt })) return 'persistent';
    if (failures >= maxAttempts) return 'retries_exhausted';
    return this.#asked(failure) > maxRetryAfterMs ? 'retry_after_too_long' : undefined;
  }

  #wait({ call, failure, failures, previousMs }: FailedAttempt): Wait {
    const { delay, maxMs } = this.#settings;
    const random = (): number => this.#random.next();
    const chosen: unknown = delay({ call, failure, failures, previousMs, maxMs, random });
    // A function of the user's may answer anything. A mistake must not hammer the provider: what is no number
    // is the longest wait.
    const usable = typeof chosen === 'number' && !Number.isNaN(chosen);
    const backoff = usable ? Math.min(maxMs, Math.max(0, chosen)) : maxMs;
    const asked = this.#asked(failure);
    if (asked === 0) return { waitMs: backoff, reason: 'backoff' };
    const jitter = random() * Math.min(asked * RETRY_AFTER_JITTER, MAX_RETRY_AFTER_JITTER_MS);
    return backoff > asked + jitter
      ? { waitMs: backoff, reason: 'backoff' }
      : { waitMs: asked + jitter, reason: 'retry-after' };
  }

  /** The wait that the provider asks for and that is obeyed, in milliseconds. */
  #asked({ retryAfterMs = 0 }: Failure): number {
    return this.#settings.respectRetryAfter ? retryAfterMs : 0;
  }
}
