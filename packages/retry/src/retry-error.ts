import { InterposeError, type Failure, type FailureKind, type Reply } from '@interpose/core';

/** Why no further attempt was made. */
export type RetryStop =
  | 'retries_exhausted'
  | 'retry_after_too_long'
  | 'retry_budget_exhausted'
  | 'no_time_left';

const STATUS: Partial<Record<FailureKind, number>> = {
  rate_limited: 429,
  overloaded: 503,
  server: 500,
  timeout: 504,
  conflict: 409,
};

/** What a {@link RetryError} is made of. */
export interface RetryErrorOptions {
  code: RetryStop;
  failure: Failure;
  attempts: number;
  waitedMs: number;
  maxRetryAfterMs: number;
  /** The provider's last reply, if there was one. */
  reply?: Reply | undefined;
}

/** A transient failure that was not, or no longer, worth another attempt. */
export class RetryError extends InterposeError {
  override readonly name = 'RetryError';
  declare readonly code: RetryStop;
  declare readonly failure: Failure;
  /** Requests that were sent. */
  readonly attempts: number;
  /** Time spent waiting between them, in milliseconds. */
  readonly waitedMs: number;
  /** How long the provider asks to wait before the next request, in milliseconds. */
  declare readonly retryAfterMs?: number;

  constructor({ code, failure, attempts, waitedMs, maxRetryAfterMs, reply }: RetryErrorOptions) {
    super(explain(code, failure, attempts, maxRetryAfterMs), {
      code,
      failure,
      cause: failure,
      status: failure.status ?? STATUS[failure.kind] ?? 502,
      ...(reply && { reply }),
    });
    this.attempts = attempts;
    this.waitedMs = waitedMs;
    if (failure.retryAfterMs !== undefined) this.retryAfterMs = failure.retryAfterMs;
  }
}

function explain(code: RetryStop, failure: Failure, attempts: number, maxRetryAfterMs: number): string {
  const tried = `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`;
  switch (code) {
    case 'retries_exhausted':
      return `Gave up after ${tried}; the last one failed: ${failure.message}`;
    case 'retry_after_too_long':
      return (
        `The provider asks to wait ${failure.retryAfterMs} ms, longer than maxRetryAfter (${maxRetryAfterMs} ms); ` +
        `gave up after ${tried}: ${failure.message}`
      );
    case 'no_time_left':
      return `The deadline of the call comes before another attempt could begin; gave up after ${tried}: ${failure.message}`;
    case 'retry_budget_exhausted':
      return `The retry budget of the layer is spent, too many calls fail; gave up after ${tried}: ${failure.message}`;
  }
}
