/** Time, as everything in a layer sees it. Tests put a fake one in its place. */
export interface Clock {
  /** Milliseconds since the epoch. For dates and logs. */
  now(): number;
  /** Milliseconds from an arbitrary origin; never goes back. For measuring. */
  monotonic(): number;
  /**
   * Waits. Clears its timer and listener on every way out.
   *
   * @throws the signal's reason, at once, when `signal` aborts.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

// setTimeout fires at once for anything longer (it keeps the delay in a signed 32-bit integer).
const LONGEST_TIMER = 2_147_483_647;

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    const end = performance.now() + ms;
    // A timer may fire up to a millisecond early, and what a provider asks for is not to be undercut.
    do {
      await timer(Math.min(Math.ceil(Math.max(0, end - performance.now())), LONGEST_TIMER), signal);
    } while (performance.now() < end);
  },
};

function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const finish = (): void => {
      signal?.removeEventListener('abort', stop);
      resolve();
    };
    const stop = (): void => {
      clearTimeout(handle);
      reject(signal?.reason as Error);
    };
    const handle = setTimeout(finish, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
