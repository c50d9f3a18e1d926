import { InterposeError } from '@interpose/core';

/** What a call would have had to wait for: one of the limits, the provider, or a place in the queue. */
export type LimitName = 'requests' | 'tokens' | 'concurrency' | 'provider' | 'queue';

/** What a {@link LimitExceededError} is made of. */
export interface LimitExceededOptions {
  limit: LimitName;
  /** Undefined where nobody knows it. */
  retryAfterMs: number | undefined;
  queueLength: number;
}

/** A call that would have had to wait for longer than it may. It was not sent. */
export class LimitExceededError extends InterposeError {
  override readonly name = 'LimitExceededError';
  /** What it would have had to wait for. */
  readonly limit: LimitName;
  /** When there would have been room for it, in milliseconds; absent where that depends on how long others take. */
  declare readonly retryAfterMs?: number;
  /** Calls with the same key that waited before it. */
  readonly queueLength: number;

  constructor({ limit, retryAfterMs, queueLength }: LimitExceededOptions) {
    super(`${REASONS[limit]}: the call was not sent. ${when(retryAfterMs)}, with ${queueLength} before it.`, {
      code: 'rate_limit_exceeded',
      status: 429,
      // The provider's own pace says nothing of other providers; the limits of this unit hold for all of them.
      elsewhere: limit === 'provider',
    });
    this.limit = limit;
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
    this.queueLength = queueLength;
  }
}

const REASONS: Readonly<Record<LimitName, string>> = {
  requests: 'The limit of requests is reached',
  tokens: 'The limit of tokens is reached',
  concurrency: 'As many calls are under way as may be',
  provider: 'The provider asks to wait',
  queue: 'The queue of waiting calls is full',
};

function when(retryAfterMs: number | undefined): string {
  return retryAfterMs === undefined
    ? 'Nobody knows when there is room for it'
    : `There is room for it in ${retryAfterMs} ms`;
}
