import type { Clock } from '@interpose/core';

/** What {@link within} rejects with when the time is over. */
export class TimeOver extends Error {
  override readonly name = 'TimeOver';
}

/**
 * Waits for `work`, but no longer than `ms` milliseconds. The signal that it gets aborts then, or with `parent`.
 * No timer stays once the work is done.
 *
 * @throws {TimeOver} when the time is over; whatever the work throws.
 */
export async function within<T>(
  ms: number,
  clock: Clock,
  work: (signal: AbortSignal) => Promise<T>,
  parent?: AbortSignal,
): Promise<T> {
  const done = new AbortController();
  const over = new AbortController();
  const expiry = clock.sleep(ms, done.signal).then(() => {
    const reason = new TimeOver(`not done within ${ms} ms`);
    over.abort(reason);
    throw reason;
  });
  const signal = parent ? AbortSignal.any([parent, over.signal]) : over.signal;
  try {
    return await Promise.race([work(signal), expiry]);
  } finally {
    done.abort();
  }
}
