/** What came of the calls in a span of time. */
export interface Counts {
  calls: number;
  /** Answered, by whom. */
  readonly by: Record<string, number>;
  failed: number;
  /** Not whole, and its caller was told. */
  cut: number;
}

/** Counts what comes of calls, in all and since somebody last looked. */
export class Tally {
  readonly total: Counts = none();
  #latest: Counts = none();
  /** What happened last, for people. */
  readonly notices: string[] = [];

  add(end: 'failed' | 'cut' | { readonly by: string }): void {
    for (const counts of [this.total, this.#latest]) {
      counts.calls++;
      if (typeof end === 'string') counts[end]++;
      else counts.by[end.by] = (counts.by[end.by] ?? 0) + 1;
    }
  }

  notice(text: string): void {
    this.notices.push(text);
  }

  /** Since the last look. */
  take(): Counts {
    const latest = this.#latest;
    this.#latest = none();
    return latest;
  }
}

function none(): Counts {
  return { calls: 0, by: {}, failed: 0, cut: 0 };
}
