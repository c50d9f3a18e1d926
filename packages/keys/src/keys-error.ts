import { Failure, InterposeError } from '@interpose/core';

/** What a {@link KeysExhaustedError} is made of. */
export interface KeysExhaustedOptions {
  keys: number;
  cooling: number;
  retired: number;
  /** Undefined where the provider refused all of them. */
  retryAfterMs: number | undefined;
  /** Now, in milliseconds since the epoch. */
  now: number;
}

/** All keys of a pool rest. The call was not sent. Says when the first of them is back, and nothing of the keys. */
export class KeysExhaustedError extends InterposeError {
  override readonly name = 'KeysExhaustedError';
  /** Keys in the pool; of these, those that rest after a 429, and those that the provider refused. */
  readonly keys: number;
  readonly cooling: number;
  readonly retired: number;
  /** When the first is of use again; absent where the provider refused all of them. */
  declare readonly retryAfterMs?: number;
  declare readonly availableAt?: Date;

  constructor({ keys, cooling, retired, retryAfterMs, now }: KeysExhaustedOptions) {
    const at = retryAfterMs === undefined ? undefined : new Date(now + retryAfterMs);
    const when = at
      ? `the first is back at ${at.toISOString()}`
      : 'none comes back by itself: the provider refused all of them';
    super(
      `No key is left of ${keys} (${cooling} rest, ${retired} retired); ${when}. The call was not sent.`,
      {
        code: 'keys_exhausted',
        status: at ? 429 : 401,
        failure: at
          ? new Failure('rate_limited', { retryAfterMs, code: 'keys_exhausted' })
          : new Failure('authentication', { code: 'keys_exhausted' }),
      },
    );
    this.keys = keys;
    this.cooling = cooling;
    this.retired = retired;
    if (retryAfterMs !== undefined && at) {
      this.retryAfterMs = retryAfterMs;
      this.availableAt = at;
    }
  }
}

/**
 * A source gave no keys. It names what kind of error that was of, and neither its words nor the error itself: a parser quotes
 * what it could not parse.
 */
export class KeySourceError extends Error {
  override readonly name = 'KeySourceError';
  readonly code = 'keys_source';

  constructor(what: string) {
    super(`keys: the source gave no keys: ${what}`);
  }

  /** What a source threw, as far as it may be shown. */
  static of(thrown: unknown): KeySourceError {
    if (thrown instanceof KeySourceError) return thrown;
    const { name, code } = Object(thrown) as { name?: unknown; code?: unknown };
    const word = [name, code].filter(
      (one): one is string => typeof one === 'string' && /^\w{1,40}$/.test(one),
    );
    return new KeySourceError(word.join(' ') || 'something was thrown');
  }
}
