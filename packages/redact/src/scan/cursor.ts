import type { CompiledRule } from './compiled-rule.ts';
import type { Candidate } from './found.ts';
import { Matches, type Match } from './matches.ts';

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
}

/** Goes through what one rule finds. Matches do not overlap: the next one begins where the last ended, or later. */
export class RuleCursor implements Cursor {
  current: Candidate | undefined;
  readonly #matches: Matches;
  /** Where the search began that found the current one. */
  #searched = 0;
  /** Where the next search begins. */
  #resume = 0;
  /** One that is known to follow the current one. */
  #later: { readonly candidate: Candidate | undefined; readonly resume: number } | undefined;

  /** @param from where the first search begins. */
  constructor(rule: CompiledRule, text: string, places: readonly number[] | undefined, from: number) {
    this.#matches = new Matches(rule, text, places);
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

  #candidate({ found, origin }: Match): Candidate | undefined {
    return this.#matches.rule.candidate(found, origin);
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
}
