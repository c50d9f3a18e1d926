import { setTimeout as after } from 'node:timers/promises';

/**
 * Waits, and leaves neither timer nor listener behind.
 *
 * @param ms milliseconds; `Infinity` waits for the signal only
 * @throws an AbortError as soon as the signal aborts
 */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (ms < Infinity) return after(ms, undefined, { signal });
  await new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
