import type { Clock } from '@interpose/core';
import type { Drop, Signal } from './tally.ts';

const INTERVAL_MS = 60_000;

/** Tells on the console what was lost: at most one line a minute, and what is left to tell at the end. */
export class Notices {
  readonly #clock: Clock;
  readonly #counts = new Map<Signal, number>();
  #errors = new Set<string>();
  #toldAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly add = ({ signal, count, error }: Drop): void => {
    this.#counts.set(signal, (this.#counts.get(signal) ?? 0) + count);
    this.#errors.add(error);
    if (this.#clock.monotonic() - this.#toldAt >= INTERVAL_MS) this.tell();
  };

  tell(): void {
    if (this.#counts.size === 0) return;
    const counts = [...this.#counts].map(([signal, count]) => `${count} ${WORDS[signal]}`).join(', ');
    console.warn(`telemetry: ${counts} lost: ${[...this.#errors].join(', ')}`);
    this.#toldAt = this.#clock.monotonic();
    this.#counts.clear();
    this.#errors = new Set();
  }
}

const WORDS: Readonly<Record<Signal, string>> = {
  spans: 'spans',
  metrics: 'data points',
  logs: 'log records',
};
