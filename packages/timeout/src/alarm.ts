import type { Clock } from '@interpose/core';

// A timer that is so late was held up by the process itself.
const LATE_MS = 20;

/** Calls `ring` once, after a time, unless the function that it returns is called before. Leaves no timer. */
export function alarm(clock: Clock, ms: number, ring: () => void): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  async function wait(): Promise<void> {
    const due = clock.monotonic() + ms;
    await clock.sleep(ms, signal);
    // What came while the process was busy is heard first: timers run before the network.
    if (clock.monotonic() - due > LATE_MS) await clock.sleep(1, signal);
    // It may have been stopped at the very moment at which it woke.
    if (!signal.aborted) ring();
  }
  wait().catch(() => {});
  return () => stop.abort(STOPPED);
}

// With a reason: one that the platform makes is dear.
const STOPPED = new Error('it is over');
