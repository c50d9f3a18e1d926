// So many tell what is usual, and a change is noticed after as many calls.
const KEPT = 200;
// Of operations and models; more than these are none of an application, but made up per call.
const MOST_KEYS = 500;

/** How long calls took to their first content of late, by what they asked for. */
export class RecentTimes {
  readonly #times = new Map<string, number[]>();

  add(key: string, ms: number): void {
    const times = this.#times.get(key) ?? [];
    if (times.push(ms) > KEPT) times.shift();
    // Put in anew, so that the first of the map is the one that was not used for the longest time.
    this.#times.delete(key);
    this.#times.set(key, times);
    if (this.#times.size > MOST_KEYS) this.#times.delete(String(this.#times.keys().next().value));
  }

  /** The time by which that part of them had content, in percent; undefined where fewer than `minCalls` are known. */
  percentile(key: string, percent: number, minCalls: number): number | undefined {
    const times = this.#times.get(key);
    if (!times || times.length < minCalls) return undefined;
    const sorted = times.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * percent) / 100) - 1)];
  }
}
