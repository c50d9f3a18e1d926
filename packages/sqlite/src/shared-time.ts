import type { StatementSync } from 'node:sqlite';
import type { Clock } from '@interpose/core';
import type { Connection } from './connection.ts';

/**
 * The time that all processes of a file have in common, in whole microseconds since the epoch. Each takes the date of its
 * start from the machine, goes on by its monotonic clock, and is never behind what the file has seen: a clock that is set
 * moves nobody who runs, and whoever starts after it was set back goes on where the others are.
 *
 * Source: the physical part of hybrid logical clocks (Kulkarni et al., 2014).
 */
export class SharedTime {
  readonly #clock: Clock;
  readonly #load: StatementSync;
  readonly #save: StatementSync;
  /** What the monotonic clock counts from, in milliseconds since the epoch. */
  #origin: number;

  constructor({ database }: Connection, clock: Clock) {
    this.#clock = clock;
    this.#origin = clock.now() - clock.monotonic();
    this.#load = database.prepare('SELECT latest FROM limit_time');
    this.#save = database.prepare('UPDATE limit_time SET latest = ?');
  }

  /** The time of a step, within its transaction. */
  now(): number {
    const own = Math.round((this.#origin + this.#clock.monotonic()) * 1000);
    const { latest } = this.#load.get() as { latest: number };
    if (own <= latest) {
      this.#origin += (latest - own) / 1000;
      return latest;
    }
    this.#save.run(own);
    return own;
  }
}
