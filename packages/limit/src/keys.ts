import type { Clock } from '@interpose/core';
import type { Lane } from './lane.ts';
import type { Pace } from './pace.ts';

/** All that is known of one key: of a tenant, of a model, or of all calls together. */
export interface Key {
  readonly lane: Lane;
  /** Undefined where the provider's limits are not asked for. */
  readonly pace: Pace | undefined;
  /** Calls that entered and are not settled yet. */
  underWay: number;
  /** Calls that were sent and are not answered yet. */
  pending: number;
}

// Between two looks for what may be forgotten.
const SWEEP_MS = 60_000;

/** The keys of a unit, made when a call comes with one, forgotten when there is nothing to remember. */
export class Keys {
  readonly #clock: Clock;
  readonly #make: () => Key;
  readonly #keys = new Map<string, Key>();
  #nextSweep: number;

  constructor(clock: Clock, make: () => Key) {
    this.#clock = clock;
    this.#make = make;
    this.#nextSweep = clock.monotonic() + SWEEP_MS;
  }

  of(value: string): Key {
    let key = this.#keys.get(value);
    if (!key) {
      this.#sweep();
      this.#keys.set(value, (key = this.#make()));
    }
    return key;
  }

  #sweep(): void {
    const now = this.#clock.monotonic();
    if (now < this.#nextSweep) return;
    this.#nextSweep = now + SWEEP_MS;
    for (const [value, { lane, pace, underWay }] of this.#keys) {
      if (lane.idle && underWay === 0 && (pace?.isIdle(now) ?? true)) this.#keys.delete(value);
    }
  }
}
