import type { Clock } from '@interpose/core';
import type { Drop, Signal } from './tally.ts';

const INTERVAL_MS = 60_000;

/**
 * Tells what was lost: each loss to whoever asked for it, or else the console, with at most one line a minute, and what is
 * left to tell at the end.
 */
export class Notices {
  /** The reason of the last loss. */
  lastError: string | undefined;
  readonly #clock: Clock;
  readonly #onDrop: ((drop: Drop) => void) | undefined;
  readonly #counts = new Map<Signal, number>();
  readonly #errors = new Set<string>();
  #toldAt = -Infinity;

  constructor(clock: Clock, onDrop?: (drop: Drop) => void) {
    this.#clock = clock;
    this.#onDrop = onDrop;
  }

  readonly add = (drop: Drop): void => {
    const { signal, count, error } = drop;
    this.lastError = error;
    if (this.#onDrop) {
      this.#guarded(this.#onDrop, drop);
      return;
    }
    this.#counts.set(signal, (this.#counts.get(signal) ?? 0) + count);
    this.#errors.add(error);
    if (this.#clock.monotonic() - this.#toldAt >= INTERVAL_MS) this.tell();
  };

  /** Tells on the console what was not told yet. */
  tell(): void {
    if (this.#counts.size === 0) return;
    const counts = [...this.#counts].map(([signal, count]) => `${count} ${WORDS[signal]}`).join(', ');
    console.warn(`telemetry: ${counts} lost: ${[...this.#errors].join(', ')}`);
    this.#toldAt = this.#clock.monotonic();
    this.#counts.clear();
    this.#errors.clear();
  }

  /** What a notice throws is no reason to lose more. */
  #guarded(onDrop: (drop: Drop) => void, drop: Drop): void {
    try {
      onDrop(drop);
    } catch {
      console.warn(`telemetry: onDrop failed on a loss of ${drop.count} ${WORDS[drop.signal]}`);
    }
  }
}

const WORDS: Readonly<Record<Signal, string>> = {
  spans: 'spans',
  metrics: 'data points',
  logs: 'log records',
};
