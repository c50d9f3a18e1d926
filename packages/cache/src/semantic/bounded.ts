import { abortable, within, type Clock } from '@interpose/core';

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
export function bounded<T>(
  { clock, timeoutMs, step, signal }: Bounds,
  work: (signal: AbortSignal) => Promise<T> | T,
): Promise<T> {
  const late = (): Error => new SemanticTimeoutError(step, timeoutMs);
  // Not all work that others provide listens to its signal.
  return within({ clock, ms: timeoutMs, late, signal }, (either) => abortable(work(either), signal));
}
