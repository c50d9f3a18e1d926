import type { Clock, Random } from '@interpose/core';
import { isBusy, sqliteError } from './sqlite-error.ts';

// Between two looks whether the file is free, at most; half of it on average.
const WAIT_MS = 8;

/** How long a step waits for other processes, and by which clock. */
export interface Patience {
  readonly path: string;
  readonly clock: Clock;
  readonly random: Random;
  /** How long a step waits for the transactions of others, in milliseconds. */
  readonly busyTimeout: number;
}

/**
 * Runs a step again until nobody is in its way, or the time is over.
 *
 * @param deadline by the monotonic clock.
 * @throws {SqliteError}
 */
export async function patiently<T>(step: () => T, deadline: number, options: Patience): Promise<T> {
  const { path, clock, random } = options;
  for (;;) {
    try {
      return step();
    } catch (error) {
      if (!isBusy(error) || clock.monotonic() >= deadline) throw sqliteError(error, path);
    }
    await clock.sleep(random.next() * WAIT_MS);
  }
}
