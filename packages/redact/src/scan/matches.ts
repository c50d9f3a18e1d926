import type { Anchor } from '../pattern/literals.ts';
import type { CompiledRule } from './compiled-rule.ts';

// Words that stand nearer than that are looked at together, up to so many.
const APART = 32;
const TOGETHER = 500;
// Where no more places than that come into question before a word, each of them is tried by itself.
const NEAR = 4;

/** A match of a rule, and where the text begins that it is counted in. */
export interface Match {
  readonly found: RegExpExecArray;
  readonly origin: number;
  readonly start: number;
  readonly end: number;
}

/** The matches of one rule in one text, from left to right, tried only where they can be. */
export class Matches {
  readonly rule: CompiledRule;
  readonly #text: string;
  /** Where the words stand by which the rule is found, rising, beyond the text as well; undefined where it is tried everywhere. */
  readonly #places: readonly number[] | undefined;
  #next = 0;
  /** The first word after those that are looked at together with the next one. */
  #gap = 0;
  /** The text from the last barrier on: the rule sees nothing of what is before. */
  #bounded: string;
  #barrier = 0;

  constructor(rule: CompiledRule, text: string, places: readonly number[] | undefined) {
    this.rule = rule;
    this.#text = text;
    this.#bounded = text;
    this.#places = places;
  }

  /** The same in a text that ends sooner. */
  until(text: string): Matches {
    const matches = new Matches(this.rule, text, this.#places);
    matches.bound(this.#barrier);
    return matches;
  }

  /** Lets the text begin anew. */
  bound(barrier: number): void {
    this.#barrier = barrier;
    this.#bounded = this.#text.slice(barrier);
    if (this.#places) this.#next = lowerBound(this.#places, barrier);
    if (this.#next < this.#gap - TOGETHER) this.#gap = 0;
  }

  /** The first match that begins at `from` or later. */
  after(from: number): Match | undefined {
    if (!this.#places) return this.#match(this.#bounded, this.#barrier, from, false);
    const { nearest, farthest } = this.rule.anchor as Anchor;
    return farthest - nearest < NEAR ? this.#atWords(from) : this.#aroundWords(from);
  }

  /** The match that begins at `at`. */
  here(at: number): Match | undefined {
    const places = this.#places;
    if (places && this.#isLead && places[lowerBound(places, at)] !== at) return undefined;
    return this.#match(this.#bounded, this.#barrier, at, true);
  }

  /** Whether matches begin with the words themselves. */
  get #isLead(): boolean {
    return this.rule.anchor?.farthest === 0;
  }

  #match(text: string, origin: number, at: number, here: boolean): Match | undefined {
    const found = this.rule.match(text, at - origin, here);
    if (!found) return undefined;
    const start = origin + found.index;
    return { found, origin, start, end: start + found[0].length };
  }

  #atWords(from: number): Match | undefined {
    const places = this.#places as readonly number[];
    const { nearest, farthest } = this.rule.anchor as Anchor;
    for (; this.#next < places.length; this.#next++) {
      const place = places[this.#next] as number;
      if (place >= this.#text.length) return undefined;
      for (let at = Math.max(from, place - farthest); at <= place - nearest; at++) {
        const match = this.#match(this.#bounded, this.#barrier, at, true);
        if (match) return match;
      }
    }
    return undefined;
  }

  /** Looks at no more of the text than what may belong to a match with a word in it. */
  #aroundWords(from: number): Match | undefined {
    const places = this.#places as readonly number[];
    const { nearest, farthest } = this.rule.anchor as Anchor;
    for (let searched = from; ;) {
      while (this.#next < places.length && (places[this.#next] as number) - nearest < searched) this.#next++;
      if ((places[this.#next] ?? Infinity) >= this.#text.length) return undefined;
      const until = this.#nextGap(places, farthest + APART);
      // The first and the last place where a match with one of these words may begin.
      const at = Math.max(searched, (places[this.#next] as number) - farthest);
      const last = (places[until - 1] as number) - nearest;
      // With the unit before it and the one after it, for the boundaries.
      const origin = Math.max(this.#barrier, at - 1);
      const match = this.#match(this.#text.slice(origin, last + this.rule.longest + 1), origin, at, false);
      if (match && match.start <= last) return match;
      this.#next = until;
      searched = last + 1;
    }
  }

  /** The index of the first word that stands apart from those before it, or is one too many. */
  #nextGap(places: readonly number[], apart: number): number {
    // Known from the match before, in most cases.
    if (this.#next < this.#gap) return this.#gap;
    const most = Math.min(places.length, this.#next + TOGETHER);
    let gap = this.#next + 1;
    while (gap < most && (places[gap] as number) - (places[gap - 1] as number) <= apart) gap++;
    this.#gap = gap;
    return gap;
  }
}

/** The index of the first place that is not before `at`. */
function lowerBound(places: readonly number[], at: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((places[middle] as number) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
