import type { Candidate } from './found.ts';
import type { Match, Matches } from './matches.ts';

/** Goes through what was found in a text, from left to right. */
export interface Cursor {
  /** The leftmost that there still is. */
  readonly current: Candidate | undefined;
  /** Whether what it finds is to be replaced. */
  readonly replaces: boolean;
  /** Goes on to the next. */
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
  current: Candidate | undefined;
  readonly #matches: Matches;
  /** Where the search began that found the current one. */
  #searched = 0;
  /** Where the next search begins. */
  #resume = 0;
  /** Where the text began that is gone through. */
  #begin: number;
  /** Start and end of each match since then that was good for nothing, one after the other. */
  #passed: number[];
  /** One that is known to follow the current one. */
  #later: { readonly candidate: Candidate | undefined; readonly resume: number } | undefined;

  /**
   * @param from where the first search begins.
   * @param begin where the text begins, if that is before.
   * @param passed start and end of each match between them, one after the other.
   */
  constructor(matches: Matches, from: number, begin: number = from, passed: number[] = []) {
    this.#matches = matches;
    this.#begin = begin;
    this.#passed = passed;
    this.#search(from);
  }

  get replaces(): boolean {
    return this.#matches.rule.replaces;
  }

  advance(): void {
    const later = this.#later;
    this.#later = undefined;
    if (later) {
      this.#searched = this.#resume;
      this.current = later.candidate;
      this.#resume = later.resume;
      return;
    }
    this.#search(this.#resume);
  }

  restart(at: number): void {
    this.#matches.bound(at);
    this.#begin = at;
    this.#passed = [];
    const { current } = this;
    if (this.#searched > at || (current && current.from < at)) {
      this.#later = undefined;
      this.#search(at);
      return;
    }
    // Nothing begins between here and the current one, but for what looks behind there is another text now.
    if (!this.#matches.rule.looksBehind) return;
    const match = this.#matches.here(at);
    if (!match) {
      if (current?.from === at) this.#search(at + 1);
      return;
    }
    const isKnown = !current || current.from >= match.end;
    const known = isKnown ? { candidate: current, resume: this.#resume } : undefined;
    const candidate = this.#candidate(match);
    if (candidate) {
      this.#later = known;
      this.#take(candidate, at, match.end);
    } else if (known) {
      this.#searched = match.end;
    } else {
      this.#search(match.end);
    }
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

  #search(from: number): void {
    this.#searched = from;
    let at = from;
    for (let match = this.#matches.after(at); match; match = this.#matches.after(at)) {
      const candidate = this.#candidate(match);
      if (candidate) return this.#take(candidate, at, match.end);
      at = match.end;
    }
    this.#take(undefined, at, at);
  }

  #take(candidate: Candidate | undefined, searched: number, resume: number): void {
    this.current = candidate;
    this.#searched = searched;
    this.#resume = resume;
  }

  #candidate({ found, origin, start, end }: Match): Candidate | undefined {
    const candidate = this.#matches.rule.candidate(found, origin);
    if (!candidate) this.#passed.push(start, end);
    return candidate;
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

  get current(): Candidate | undefined {
    return this.#candidates[this.#at];
  }

  advance(): void {
    this.#at++;
  }

  restart(at: number): void {
    while ((this.current?.start ?? at) < at) this.#at++;
  }

  sooner(): undefined {
    // What was found by other means was found in the whole text.
  }
}
