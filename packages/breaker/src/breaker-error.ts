import { InterposeError } from '@interpose/core';

/** What a {@link BreakerOpenError} is made of. */
export interface BreakerOpenOptions {
  target: string;
  state: 'open' | 'half-open';
  retryAfterMs: number;
}

/** The target of a call is down, as far as is known, and is left alone. The call was not sent. */
export class BreakerOpenError extends InterposeError {
  override readonly name = 'BreakerOpenError';
  declare readonly code: 'breaker_open';
  /** Whose breaker it is: host and model, unless `key` says otherwise. */
  readonly target: string;
  /** `half-open` where others are just finding out whether it is well again. */
  readonly state: 'open' | 'half-open';
  /** When the next call may find out, in milliseconds, at the latest. */
  readonly retryAfterMs: number;

  constructor({ target, state, retryAfterMs }: BreakerOpenOptions) {
    const why =
      state === 'open'
        ? 'too many calls to it failed'
        : 'another call is finding out whether it is well again';
    super(
      `The breaker of ${target} is ${state}, ${why}: the call was not sent. The next may try in ${retryAfterMs} ms.`,
      {
        code: 'breaker_open',
        status: 503,
        elsewhere: true,
      },
    );
    this.target = target;
    this.state = state;
    this.retryAfterMs = retryAfterMs;
  }
}
