import {
  CLOCK,
  ConfigurationError,
  RANDOM,
  attemptFailed,
  checkOptions,
  classify,
  milliseconds,
  option,
  waiting,
  type Call,
  type Duration,
  type Failure,
  type Handler,
  type Plugin,
  type Reply,
} from '@interpose/core';
import { exponential, type Delay } from './backoff.ts';
import { RetryBudget, type RetryBudgetOptions } from './retry-budget.ts';
import { RetryError, type RetryStop } from './retry-error.ts';

/** Options of {@link retry}. */
export interface RetryOptions {
  /** Attempts per call, the first included. @default 4 */
  maxAttempts?: number;
  /** The wait before the next attempt. @default exponential('500ms'), with full jitter */
  delay?: Delay;
  /** The longest wait that `delay` may ask for. @default '8s' */
  maxDelay?: Duration;
  /** Which failures are worth another attempt. @default those whose `transient` is true */
  shouldRetry?: (args: { readonly call: Call; readonly failure: Failure; readonly attempt: number }) => boolean;
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

// A little more than asked, at most this, so that clients that were sent away together do not return together.
const RETRY_AFTER_JITTER = 0.1;
const MAX_RETRY_AFTER_JITTER_MS = 1000;

/**
 * Sends a call again when it failed of something that passes by itself, and nothing of the answer was handed
 * on yet. The client's own retries are off beneath a stack with this plugin.
 *
 * @throws {ConfigurationError} for a wrong option.
 * Calls reject with {@link RetryError} when a transient failure is not retried any more; persistent failures
 * pass as they are.
 */
export function retry(options: RetryOptions = {}): Plugin {
  checkOptions('retry', options, RULES);
  const {
    maxAttempts = 4,
    delay = exponential(),
    maxDelay = '8s',
    shouldRetry = ({ failure }) => failure.transient,
    budget = {},
    respectRetryAfter = true,
    maxRetryAfter = '60s',
    onRetry,
  } = options;
  const maxMs = milliseconds(maxDelay, 'retry', 'maxDelay');
  const maxRetryAfterMs = milliseconds(maxRetryAfter, 'retry', 'maxRetryAfter');
  if (budget !== false) checkOptions('retry budget', budget, BUDGET_RULES);

  return {
    name: 'retry',
    stage: 'recover',
    retries: true,
    // A reply that breaks after the first content cannot be asked for again; it must not pass for whole either.
    failOn: ['truncated', 'network', 'timeout', 'stalled'],
    describe: () => ({ maxAttempts, delay: delay.name, maxDelay, budget, respectRetryAfter, maxRetryAfter }),
    create(container) {
      const clock = container.resolve(CLOCK);
      const random = container.resolve(RANDOM);
      const bucket = budget === false ? undefined : new RetryBudget(clock, budget);

      return (next) =>
        async function retry(call) {
          const keyed = withIdempotencyKey(call);
          const { events } = call.runtime;
          let waitedMs = 0;
          let previousMs = 0;
          for (let failures = 1; ; failures++) {
            const attempt = call.attempt + failures - 1;
            const tried = await attemptOnce(next, failures === 1 ? keyed : keyed.with({ attempt }));
            if (!tried.failure) {
              bucket?.deposit();
              return tried.reply;
            }
            const { failure } = tried;
            const stop = whyStop(call, failure, failures);
            if (events.active) events.emit(attemptFailed, 'retry', call, { attempt, failure, retrying: !stop });
            if (stop === 'persistent') return surface(tried);
            if (stop) {
              const { reply } = tried;
              throw new RetryError({
                code: stop,
                failure,
                attempts: failures,
                waitedMs,
                maxRetryAfterMs,
                reply: reply?.ok === false ? reply : undefined,
              });
            }
            await tried.reply?.cancel();
            const waitMs = waitBefore(call, failure, failures, previousMs);
            onRetry?.({ call, failure, attempt, waitMs });
            if (events.active) {
              const reason = failure.retryAfterMs === undefined ? 'backoff' : 'retry-after';
              events.emit(waiting, 'retry', call, { ms: waitMs, reason });
            }
            await clock.sleep(waitMs, call.signal);
            waitedMs += waitMs;
            previousMs = waitMs;
          }
        };

      /** The reason not to try again, if there is one. */
      function whyStop(call: Call, failure: Failure, failures: number): RetryStop | 'persistent' | undefined {
        if (failure.kind === 'aborted' || !call.replayable || maxAttempts === 1) return 'persistent';
        if (!shouldRetry({ call, failure, attempt: call.attempt + failures - 1 })) return 'persistent';
        if (failures >= maxAttempts) return 'retries_exhausted';
        const asked = respectRetryAfter ? (failure.retryAfterMs ?? 0) : 0;
        if (asked > maxRetryAfterMs) return 'retry_after_too_long';
        return bucket && !bucket.withdraw() ? 'retry_budget_exhausted' : undefined;
      }

      function waitBefore(call: Call, failure: Failure, failures: number, previousMs: number): number {
        const chosen = delay({ call, failure, failures, previousMs, maxMs, random: () => random.next() });
        // A function of the user's may answer anything; what is no number is no wait.
        const backoff = Number.isFinite(chosen) ? Math.min(maxMs, Math.max(0, chosen)) : 0;
        const asked = respectRetryAfter ? failure.retryAfterMs : undefined;
        if (asked === undefined) return backoff;
        const jitter = random.next() * Math.min(asked * RETRY_AFTER_JITTER, MAX_RETRY_AFTER_JITTER_MS);
        return Math.max(backoff, asked + jitter);
      }
    },
  };
}

type Tried =
  | { readonly reply: Reply; readonly failure?: undefined }
  | { readonly reply?: Reply; readonly failure: Failure; readonly thrown?: unknown };

/** One attempt, up to the first content: until then nothing was handed on, and it may be made again. */
async function attemptOnce(next: Handler, call: Call): Promise<Tried> {
  let reply: Reply | undefined;
  try {
    reply = await next(call);
    await reply.commit();
    return { reply };
  } catch (thrown) {
    return { failure: classify(thrown, call.signal), thrown, ...(reply && { reply }) };
  }
}

/** Hands a failure on as it came. */
function surface(tried: { readonly reply?: Reply; readonly thrown?: unknown }): Reply {
  // Also a stream that died before its first content: what came of it, and its end, is the caller's to see.
  if (tried.reply) return tried.reply;
  throw tried.thrown;
}

/** The same key on every attempt, so that a provider that knows such keys does the work once. */
function withIdempotencyKey(call: Call): Call {
  return call.headers.has('idempotency-key') ? call : call.with({ headers: { 'idempotency-key': call.id } });
}

const RULES = {
  maxAttempts: option.integer(1),
  delay: option.function,
  maxDelay: option.any,
  shouldRetry: option.function,
  budget: [(value: unknown) => value === false || (typeof value === 'object' && value !== null), 'an object or false'],
  respectRetryAfter: option.boolean,
  maxRetryAfter: option.any,
  onRetry: option.function,
} as const;

const BUDGET_RULES = {
  capacity: option.number(0),
  perSuccess: option.number(0),
  perMinute: option.number(0),
} as const;
