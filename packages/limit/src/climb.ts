// What is left of a rate that was too high.
const KEPT = 0.85;
// How long it takes to come back to it. Before that it grows ever slower, after that ever faster.
const BACK_MS = 5000;
// Refusals within this time are of one and the same moment.
const EPISODE_MS = 1000;
// Above so many times the rate that was too high once, it is no limit any more.
const FORGOTTEN = 4;
// The first measure may have been of a moment only, so the first climb goes on for longer.
const FORGOTTEN_AT_START = 256;
// The successes of so long tell what the provider bears.
const MEASURED_MS = 1000;
const SLOWEST_PER_MS = 0.2 / 1000;

/**
 * Finds out the rate that a provider bears from nothing but its refusals (429). There is no limit until the first one.
 * Then the rate is what succeeded in the last second, and doubles each second; from the next refusal on it falls to
 * 85 % of what succeeded, comes back slowly to where it was refused, stays there for a while, and leaves it faster and faster.
 *
 * Source: the slow start of TCP and the growth of CUBIC (RFC 9438), here of a rate instead of a window, as in the adaptive
 * retry mode of the AWS SDKs.
 */
export class Climb {
  /** When calls succeeded of late. */
  readonly #successes: number[] = [];
  /** The last rate that was too high, in calls per millisecond. Undefined while there is no limit. */
  #peak: number | undefined;
  #cutAt = -Infinity;
  #started = false;

  /** A call succeeded. */
  succeeded(now: number): void {
    this.#forget(now);
    this.#successes.push(now);
  }

  /** A call was refused for its rate. */
  refused(now: number): void {
    if (now - this.#cutAt < EPISODE_MS) return;
    const before = this.#rate(now);
    this.#forget(now);
    const measured = this.#successes.length / MEASURED_MS;
    this.#started = before !== undefined;
    this.#peak = Math.max(SLOWEST_PER_MS, measured || (before ?? 0) / 2);
    this.#cutAt = now;
  }

  /** The time between two calls, in milliseconds; 0 where there is no limit. */
  gapMs(now: number): number {
    const rate = this.#rate(now);
    return rate === undefined ? 0 : 1 / rate;
  }

  #rate(now: number): number | undefined {
    const peak = this.#peak;
    if (peak === undefined) return undefined;
    const since = now - this.#cutAt;
    const growth = this.#started ? 1 + (1 - KEPT) * ((since - BACK_MS) / BACK_MS) ** 3 : 2 ** (since / 1000);
    if (growth < (this.#started ? FORGOTTEN : FORGOTTEN_AT_START)) return peak * growth;
    this.#peak = undefined;
    return undefined;
  }

  #forget(now: number): void {
    const successes = this.#successes;
    while (successes[0] !== undefined && successes[0] <= now - MEASURED_MS) successes.shift();
  }
}
