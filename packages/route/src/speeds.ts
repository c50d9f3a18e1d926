import type { Clock } from '@interpose/core';

interface Speed {
  /** The average time to the first content, in milliseconds; recent ones weigh most. */
  averageMs: number;
  at: number;
  /** Calls that were sent and have not ended. */
  pending: number;
}

/** To be called when a call has ended. */
export type Ended = (end: { readonly firstContentMs?: number | undefined; readonly failed: boolean }) => void;

// After this time, what was measured weighs a third: a target that was slow is tried again when nobody has asked it for a while.
const MEMORY_MS = 30_000;
// A failure is quick at times; it is not to look like speed.
const FAILURE_MS = 10_000;

/**
 * How fast targets are of late: a moving average of the time to the first content that a slow call raises at once and time lets
 * sink, times the calls under way.
 *
 * Source: the peak-sensitive EWMA of Finagle's load balancers.
 */
export class Speeds {
  readonly #clock: Clock;
  readonly #speeds = new Map<string, Speed>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What one more call to a target would cost in time, for comparison with others. One that nobody knows yet costs least. */
  cost(target: string): number {
    const speed = this.#of(target);
    return (this.#averageMs(speed) + 1) * (speed.pending + 1);
  }

  /** A call goes to a target. The function that it returns is called once, when the call has ended. */
  sent(target: string): Ended {
    const speed = this.#of(target);
    speed.pending++;
    return ({ firstContentMs, failed }) => {
      speed.pending--;
      if (failed) this.#add(speed, Math.max(FAILURE_MS, firstContentMs ?? 0));
      // One whose caller left before it said anything tells nothing.
      else if (firstContentMs !== undefined) this.#add(speed, firstContentMs);
    };
  }

  #of(target: string): Speed {
    let speed = this.#speeds.get(target);
    if (!speed) this.#speeds.set(target, (speed = { averageMs: 0, at: this.#clock.monotonic(), pending: 0 }));
    return speed;
  }

  #averageMs({ averageMs, at }: Speed): number {
    return averageMs * Math.exp((at - this.#clock.monotonic()) / MEMORY_MS);
  }

  #add(speed: Speed, ms: number): void {
    const kept = Math.exp((speed.at - this.#clock.monotonic()) / MEMORY_MS);
    // Of calls that come at once, each weighs a little all the same.
    const weight = Math.min(kept, 0.7);
    speed.averageMs = ms > this.#averageMs(speed) ? ms : speed.averageMs * weight + ms * (1 - weight);
    speed.at = this.#clock.monotonic();
  }
}
