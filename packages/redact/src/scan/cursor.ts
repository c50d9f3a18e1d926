import type { Candidate } from './found.ts';
import type { Match, Matches } from './matches.ts';

/** Goes through what was found in a text, from left to right. */
export interface Cursor {
  /** Whether what it finds is to be replaced. */
  readonly replaces: boolean;
  /**
   * The leftmost that there still is, if what it was recognised by begins before `limit`: there is no need to know what is
   * far away, which may be another thing once the text has begun anew.
   */
  before(limit: number): Candidate | undefined;
  /** Goes on from what {@link before} has told. */
  advance(): void;
  /** What is before `at` was replaced: the text begins anew there. */
  restart(at: number): void;
  /**
   * Goes through what is found where the text ends sooner, from where it last began anew; undefined where that never is
   * anything. To be asked before the text begins anew behind it.
   */
  sooner(text: string): Cursor | undefined;
}

/** Goes through what one rule finds. Matches do not overlap: the next one begins where the last ended, or later. */
export class RuleCursor implements Cursor {
  readonly #matches: Matches;
  /** Where the text began that is gone through. */
  #begin: number;
  /** Start and end of each match since then that was good for nothing, one after the other. */
  #passed: number[];
  /** Up to where the text is gone through. */
  #done: number;
  /** The next match from there on, if there is one; null while that is not known. */
  #next: Match | undefined | null = null;
  /** What the next match is good for; undefined while it is not known. */
  #current: Candidate | undefined;
  /** The match after the next one; null while it is not known. */
  #later: Match | undefined | null = null;

  /**
   * @param from where the first search begins.
   * @param begin where the text begins, if that is before.
   * @param passed start and end of each match between them, one after the other.
   */
  constructor(matches: Matches, from: number, begin: number = from, passed: number[] = []) {
    this.#matches = matches;
    this.#done = from;
    this.#begin = begin;
    this.#passed = passed;
  }

  get replaces(): boolean {
    return this.#matches.rule.replaces;
  }

  before(limit: number): Candidate | undefined {
    while (!this.#current) {
      if (this.#next === null) this.#next = this.#matches.after(this.#done);
      if (!this.#next || this.#next.start >= limit) return undefined;
      const { found, origin, start, end } = this.#next;
      this.#current = this.#matches.rule.candidate(found, origin);
      if (this.#current) break;
      this.#passed.push(start, end);
      this.#goOn(end);
    }
    return this.#current.from < limit ? this.#current : undefined;
  }

  advance(): void {
    if (this.#next) this.#goOn(this.#next.end);
  }

  restart(at: number): void {
    this.#matches.bound(at);
    this.#begin = at;
    this.#passed = [];
    const next = this.#next;
    if (this.#done > at || next === null || (next && next.start < at)) return this.#search(at);
    // Nothing begins between here and the next one, but for what looks behind there is another text now.
    if (!this.#matches.rule.looksBehind) return;
    const match = this.#matches.here(at);
    if (!match) {
      if (next?.start === at) this.#search(at + 1);
      return;
    }
    this.#search(at);
    this.#next = match;
    if (!next || next.start >= match.end) this.#later = next;
  }

  sooner(text: string): Cursor | undefined {
    // No match that begins before that sees the end, nor what stands behind it.
    const changed = Math.max(this.#begin, text.length - this.#matches.rule.longest);
    const known = this.#passedBefore(changed);
    const from = Math.max(changed, known.at(-1) ?? 0);
    return new RuleCursor(this.#matches.until(text), from, this.#begin, known);
  }

  /** Those matches that began before `at`. */
  #passedBefore(at: number): number[] {
    let count = this.#passed.length;
    while (count > 0 && (this.#passed[count - 2] as number) >= at) count -= 2;
    return this.#passed.slice(0, count);
  }

  /** Leaves the next match, which ends at `end`. */
  #goOn(end: number): void {
    this.#done = end;
    this.#next = this.#later;
    this.#later = null;
    this.#current = undefined;
  }

  /** Forgets what is next, which is to be looked for from `at` on. */
  #search(at: number): void {
    this.#done = at;
    this.#next = null;
    this.#later = null;
    this.#current = undefined;
  }
}

/** Goes through what was found by other means than rules. */
export class ListCursor implements Cursor {
  readonly replaces: boolean;
  readonly #candidates: readonly Candidate[];
  #at = 0;

  /** @param candidates by their start, rising. */
  constructor(candidates: readonly Candidate[], replaces: boolean) {
    this.#candidates = candidates;
    this.replaces = replaces;
  }

  before(limit: number): Candidate | undefined {
    const candidate = this.#candidates[this.#at];
    return candidate && candidate.from < limit ? candidate : undefined;
  }

  advance(): void {
    this.#at++;
  }

  restart(at: number): void {
    while ((this.#candidates[this.#at]?.start ?? at) < at) this.#at++;
  }

  sooner(): undefined {
    // What was found by other means was found in the whole text.
  }
}
