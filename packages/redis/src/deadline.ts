import type { Clock } from '@interpose/core';

/**
 * Waits for `work`, but not longer than `ms`. What becomes of the work afterwards is nobody's concern.
 *
 * @throws what `late` makes, when the time is over.
 */
export async function within<T>(clock: Clock, ms: number, work: Promise<T>, late: () => Error): Promise<T> {
  const done = new AbortController();
  const timer = clock.sleep(ms, done.signal).then(() => {
    throw late();
  });
  try {
    return await Promise.race([work, timer]);
  } finally {
    done.abort();
  }
}
