import { setImmediate } from 'node:timers';
import { milliseconds, type Clock, type Duration } from '@interpose/core';

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /**
   * Moves time on. Whoever's sleep ends on the way wakes at its moment, in order, and what then runs has
   * its turn before the next wakes: a sleep that it starts within the span ends within it too.
   *
   * @throws {ConfigurationError} when `duration` is none.
   */
  advance(duration: Duration): Promise<void>;
  /** What was asked for by `sleep`, in milliseconds, in order. */
  readonly waits: readonly number[];
  /** How many sleep now. */
  readonly pending: number;
}

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/**
 * Makes a {@link FakeClock}. Its monotonic time starts at 0.
 *
 * @param options.now milliseconds since the epoch. @default 2026-01-01T00:00:00Z
 */
export function fakeClock(options: { readonly now?: number } = {}): FakeClock {
  const { now: epoch = Date.UTC(2026, 0, 1) } = options;
  let elapsed = 0;
  const waits: number[] = [];
  /** The next to wake stands first; of those that wake together, the one that went to sleep first. */
  const sleepers: Sleeper[] = [];

  function next(until: number): Sleeper | undefined {
    const first = sleepers[0];
    return first && first.due <= until ? first : undefined;
  }

  return {
    now: () => epoch + elapsed,
    monotonic: () => elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        waits.push(ms);
        if (signal?.aborted) {
          reject(signal.reason as Error);
          return;
        }
        const finish = (end: () => void): void => {
          sleepers.splice(sleepers.indexOf(sleeper), 1);
          signal?.removeEventListener('abort', stop);
          end();
        };
        const stop = (): void => finish(() => reject(signal?.reason as Error));
        const sleeper: Sleeper = { due: elapsed + Math.max(0, ms), wake: () => finish(resolve) };
        sleepers.splice(placeOf(sleeper.due, sleepers), 0, sleeper);
        signal?.addEventListener('abort', stop, { once: true });
      }),
    async advance(duration) {
      const until = elapsed + milliseconds(duration, 'fakeClock', 'advance');
      await others();
      for (let sleeper = next(until); sleeper; sleeper = next(until)) {
        elapsed = Math.max(elapsed, sleeper.due);
        sleeper.wake();
        await others();
      }
      elapsed = Math.max(elapsed, until);
    },
    waits,
    get pending() {
      return sleepers.length;
    },
  };
}

/** Where a sleeper belongs that wakes at `due`: behind those that wake no later. Halves the list at each step. */
function placeOf(due: number, sleepers: readonly Sleeper[]): number {
  let from = 0;
  let to = sleepers.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((sleepers[middle]?.due ?? 0) <= due) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Lets everything run that is ready to, promises and the platform's streams included. */
async function others(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
