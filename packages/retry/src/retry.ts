import {
  CLOCK,
  RANDOM,
  attemptFailed,
  surface,
  tryCall,
  waiting,
  type Call,
  type FailedTry,
  type Plugin,
  type Reply,
  type Tried,
} from '@interpose/core';
import { RetryError } from './retry-error.ts';
import { retrySettings, type RetryOptions } from './retry-options.ts';
import { RetryPolicy, type Verdict } from './retry-policy.ts';

/**
 * Sends a call again when it failed of something that passes by itself, and nothing of the answer was handed
 * on yet. The client's own retries are off beneath a stack with this plugin.
 *
 * @throws {ConfigurationError} for a wrong option.
 * Calls reject with {@link RetryError} when a transient failure is not retried any more; persistent failures
 * pass as they are.
 */
export function retry(options: RetryOptions = {}): Plugin {
  const settings = retrySettings(options);

  return {
    name: 'retry',
    stage: 'recover',
    retries: true,
    // A reply that breaks after the first content cannot be asked for again; it must not pass for whole either.
    failOn: ['truncated', 'network', 'timeout', 'stalled'],
    describe: settings.describe,
    create(container) {
      const clock = container.resolve(CLOCK);
      const policy = new RetryPolicy(settings, clock, container.resolve(RANDOM));
      let passes = 0;

      return (next) => {
        /** Judges the first attempt, which failed, and makes the others. */
        async function again(call: Call, keyed: Call, first: FailedTry): Promise<Reply> {
          const { events } = call.runtime;
          let tried: Tried = first;
          let waitedMs = 0;
          let previousMs = 0;
          for (let failures = 1; tried.failure; failures++) {
            const attempt = call.attempt + failures - 1;
            const { failure, reply } = tried;
            const verdict = judged(tried, () =>
              policy.judge({ call, failure, attempt, failures, previousMs }),
            );
            const { stop } = verdict;
            if (events.active)
              events.emit(attemptFailed, 'retry', call, { attempt, failure, retrying: !stop });
            if (stop === 'persistent') return surface(tried, call.signal);
            // A reply with an error status was read to its end and is shown; any other is of no use to anybody.
            if (!stop || reply?.ok) void reply?.cancel();
            if (stop) {
              throw new RetryError({
                code: stop,
                failure,
                attempts: failures,
                waitedMs,
                maxRetryAfterMs: settings.maxRetryAfterMs,
                reply: reply?.ok === false ? reply : undefined,
              });
            }
            const { waitMs, reason } = verdict;
            settings.onRetry?.({ call, failure, attempt, waitMs });
            if (events.active) events.emit(waiting, 'retry', call, { ms: waitMs, reason });
            await clock.sleep(waitMs, call.signal);
            waitedMs += waitMs;
            previousMs = waitMs;
            tried = await tryCall(next, keyed.with({ attempt: attempt + 1 }));
          }
          policy.succeeded();
          return tried.reply;
        }

        // The first attempt outside of the loop: most calls need no other, and none of its frame is held for them.
        return function retry(call) {
          // A unit further out may send the same call through here again, with other params or at the same time.
          const keyed = withIdempotencyKey(call, () => `${call.id}-${++passes}`);
          return tryCall(next, keyed).then((tried) => {
            if (tried.failure) return again(call, keyed, tried);
            policy.succeeded();
            return tried.reply;
          });
        };
      };
    },
  };
}

/** A judge may throw; then nobody will read what was judged. */
function judged({ reply }: Tried, judge: () => Verdict): Verdict {
  try {
    return judge();
  } catch (error) {
    void reply?.cancel(error);
    throw error;
  }
}

/** The same key on every attempt, so that a provider that knows such keys does the work once. */
function withIdempotencyKey(call: Call, newKey: () => string): Call {
  return call.headers.has('idempotency-key') ? call : call.with({ headers: { 'idempotency-key': newKey() } });
}
