import type { Clock } from './clock.ts';

/** How long something may take. */
export interface TimeLimit {
  readonly clock: Clock;
  /** In milliseconds. */
  readonly ms: number;
  /** Makes what the wait ends with when the time is over. */
  readonly late: () => Error;
  /** Aborts the work as well. @default nothing else does */
  readonly signal?: AbortSignal;
}

/**
 * Waits for `work`, but no longer than it may take. The signal that it gets aborts when it is not waited for any more,
 * for whatever reason, and with the limit's own; what becomes of it then is nobody's concern. Leaves no timer.
 *
 * @throws what `late` makes, when the time is over; whatever the work throws.
 */
export async function within<T>(
  { clock, ms, late, signal }: TimeLimit,
  work: (signal: AbortSignal) => T | Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const over = new AbortController();
  const time = clock.sleep(ms, done.signal).then(() => {
    throw late();
  });
  time.catch(() => {});
  try {
    const working = work(signal ? AbortSignal.any([signal, over.signal]) : over.signal);
    return await Promise.race([working, time]);
  } catch (error) {
    over.abort(error);
    throw error;
  } finally {
    // With a reason: one that the platform makes is dear.
    done.abort(DONE);
  }
}

const DONE = new Error('it is done');
