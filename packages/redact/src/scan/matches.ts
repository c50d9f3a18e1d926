import type { CompiledRule } from './compiled-rule.ts';

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
  /** Where the words stand by which the rule is found, rising; undefined where it is tried everywhere. */
  readonly #places: readonly number[] | undefined;
  #next = 0;
  /** The text from the last barrier on: the rule sees nothing of what is before. */
  #bounded: string;
  #barrier = 0;

  constructor(rule: CompiledRule, text: string, places: readonly number[] | undefined) {
    this.rule = rule;
    this.#text = text;
    this.#bounded = text;
    this.#places = places;
  }

  /** Lets the text begin anew. */
  bound(barrier: number): void {
    this.#barrier = barrier;
    this.#bounded = this.#text.slice(barrier);
    if (this.#places) this.#next = lowerBound(this.#places, barrier);
  }

  /** The first match that begins at `from` or later. */
  after(from: number): Match | undefined {
    if (!this.#places) return this.#match(this.#bounded, this.#barrier, from, false);
    return this.rule.anchor.kind === 'lead' ? this.#atLeads(from) : this.#aroundKeywords(from);
  }

  /** The match that begins at `at`. */
  here(at: number): Match | undefined {
    const places = this.#places;
    if (places && this.rule.anchor.kind === 'lead' && places[lowerBound(places, at)] !== at) return undefined;
    return this.#match(this.#bounded, this.#barrier, at, true);
  }

  #match(text: string, origin: number, at: number, here: boolean): Match | undefined {
    const found = this.rule.match(text, at - origin, here);
    if (!found) return undefined;
    const start = origin + found.index;
    return { found, origin, start, end: start + found[0].length };
  }

  #atLeads(from: number): Match | undefined {
    const places = this.#places as readonly number[];
    for (; this.#next < places.length; this.#next++) {
      const place = places[this.#next] as number;
      const match = place < from ? undefined : this.#match(this.#bounded, this.#barrier, place, true);
      if (match) return match;
    }
    return undefined;
  }

  /** Looks at no more of the text than what may belong to a match with a keyword in it. */
  #aroundKeywords(from: number): Match | undefined {
    const places = this.#places as readonly number[];
    const reach = this.rule.longest;
    for (;;) {
      while (this.#next < places.length && (places[this.#next] as number) < from) this.#next++;
      if (this.#next >= places.length) return undefined;
      const first = places[this.#next] as number;
      let until = this.#next + 1;
      while (until < places.length && (places[until] as number) - (places[until - 1] as number) <= 2 * reach) until++;
      const last = places[until - 1] as number;
      const at = Math.max(from, this.#barrier, first - reach);
      // With the character before and the one after, for the boundaries.
      const origin = Math.max(this.#barrier, at - 1);
      const match = this.#match(this.#text.slice(origin, last + reach + 1), origin, at, false);
      if (match && match.start <= last) return match;
      this.#next = until;
    }
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
