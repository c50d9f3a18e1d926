import { abortable, type Clock } from '@interpose/core';

/** A step of something that others provide, which took too long. */
class SemanticTimeoutError extends Error {
  override readonly name = 'SemanticTimeoutError';
  readonly code = 'semantic_cache_timeout';

  readonly timeoutMs: number;

  constructor(step: string, timeoutMs: number) {
    super(`semanticCache: no ${step} within ${timeoutMs} ms`);
    this.timeoutMs = timeoutMs;
  }
}

/** How long something may take. */
export interface Bounds {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** What is waited for, in an error. */
  readonly step: string;
  readonly signal: AbortSignal;
}

/**
 * Does a piece of work within a time. Its signal aborts when the time is over, or the caller gives up.
 *
 * @throws {SemanticTimeoutError} when the time is over; the signal's reason, when that aborts; what the work throws.
 */
export async function bounded<T>(
  { clock, timeoutMs, step, signal }: Bounds,
  work: (signal: AbortSignal) => Promise<T> | T,
): Promise<T> {
  const late = new AbortController();
  const done = new AbortController();
  const time = clock.sleep(timeoutMs, done.signal).then(() => {
    throw new SemanticTimeoutError(step, timeoutMs);
  });
  time.catch((error: unknown) => {
    if (error instanceof SemanticTimeoutError) late.abort(error);
  });
  try {
    const working = Promise.resolve(work(AbortSignal.any([signal, late.signal])));
    working.catch(() => {});
    return await abortable(Promise.race([working, time]), signal);
  } finally {
    done.abort();
  }
}
