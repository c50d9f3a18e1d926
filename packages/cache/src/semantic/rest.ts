import type { Clock } from '@interpose/core';

// How long what failed is left alone, twice as long after each time that it failed again.
const REST_MS = 1000;
const LONGEST_REST_MS = 30_000;

/** Leaves alone what failed, so that not every call waits for it in vain. */
export class Rest {
  readonly #clock: Clock;
  /** By the monotonic clock. Undefined while all is well. */
  #until: number | undefined;
  #restMs = REST_MS;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether it may be asked. After a rest one may, by way of trial, and the others when that went well. */
  mayTry(): boolean {
    if (this.#until === undefined) return true;
    const now = this.#clock.monotonic();
    if (now < this.#until) return false;
    this.#until = now + this.#restMs;
    return true;
  }

  worked(): void {
    this.#until = undefined;
    this.#restMs = REST_MS;
  }

  failed(): void {
    this.#until = this.#clock.monotonic() + this.#restMs;
    this.#restMs = Math.min(2 * this.#restMs, LONGEST_REST_MS);
  }
}
