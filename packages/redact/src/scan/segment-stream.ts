import type { CompiledRule } from './compiled-rule.ts';
import { append, spansOf, type Candidate, type Piece, type Span } from './found.ts';
import { Live } from './live.ts';
import type { RuleSet } from './rule-set.ts';
import { LOOKS, lookAgain, segmentPass, type Beginning } from './segment-pass.ts';

const STRETCH = 512;

/**
 * Looks once through a text without placeholders that comes bit by bit, and lets go of it as soon as nothing that may
 * follow can change what becomes of it. What leaves is what {@link segmentPass} makes of the whole.
 */
export class SegmentStream {
  readonly #rules: RuleSet;
  readonly #live: Live;
  /** Of each rule, where its next search begins. */
  readonly #resume: Float64Array;
  /** Of each rule, where its last match ended that began in what has left. */
  readonly #passed: Float64Array;
  /** Matches that began in what is held, the good and the others. */
  #matches: { readonly rule: number; readonly start: number; readonly end: number }[] = [];
  /** For each place from `#done` on, the earliest from which a match might have grown up to it. */
  #marks: number[] = [];
  /** What is held, with the unit before it for those rules that look behind. */
  #held = '';
  /** Where `#held` begins, from the beginning of the text or from what was replaced last. */
  #origin = 0;
  /** Up to where the text has left. */
  #done = 0;
  /** What was found and is to be replaced, for good, whatever follows. */
  #found: Candidate[] = [];
  /** What was found and is only told. */
  #told: Candidate[] = [];

  constructor(rules: RuleSet) {
    this.#rules = rules;
    this.#live = new Live(rules.live);
    this.#resume = new Float64Array(rules.rules.length);
    this.#passed = new Float64Array(rules.rules.length);
    this.#reset();
  }

  push(text: string): readonly Piece[] {
    const pieces: Piece[] = [];
    // Bit by bit as well: what follows something that was replaced is gone through again.
    for (let at = 0; at < text.length; at += STRETCH) this.#take(text.slice(at, at + STRETCH), pieces);
    return pieces;
  }

  /** Ends the text. What comes after that is another one. */
  end(): readonly Piece[] {
    const pieces: Piece[] = [];
    for (const rule of this.#live.touched) this.#searchRule(rule, Infinity);
    const rest = this.#replace(pieces, Infinity);
    if (rest === undefined) this.#release(pieces, this.#live.length);
    else if (rest !== '') append(pieces, segmentPass(this.#rules, rest) ?? [{ text: rest }]);
    this.#reset();
    return pieces;
  }

  #take(text: string, pieces: Piece[]): void {
    for (let rest: string | undefined = text; rest;) {
      this.#held += rest;
      this.#live.feed(rest, this.#marks);
      this.#search();
      const certain = this.#live.earliest;
      rest = this.#replace(pieces, certain);
      if (rest === undefined)
        this.#release(pieces, this.#free(Math.min(certain, ...this.#found.map(({ from }) => from))));
    }
  }

  /** Looks for matches, as far as it is certain which there are. */
  #search(): void {
    const { touched } = this.#live;
    if (touched.size === 0) return;
    const earliest = this.#live.earliestByRule();
    for (const rule of touched) {
      const certain = earliest[rule] as number;
      this.#searchRule(rule, certain);
      if (certain === this.#live.length) touched.delete(rule);
    }
  }

  /** Looks for the matches of a rule that begin before `certain`. */
  #searchRule(index: number, certain: number): void {
    const rule = this.#rules.rules[index] as CompiledRule;
    const until = Math.min(certain, this.#live.length);
    let at = Math.max(this.#resume[index] as number, this.#done);
    while (at < until) {
      const match = rule.match(this.#held, at - this.#origin, false);
      const start = match ? this.#origin + match.index : until;
      if (!match || start >= until) {
        at = until;
        break;
      }
      const candidate = rule.candidate(match, this.#origin);
      if (candidate) (rule.replaces ? this.#found : this.#told).push(candidate);
      at = start + match[0].length;
      this.#matches.push({ rule: index, start, end: at });
    }
    this.#resume[index] = at;
  }

  /**
   * Replaces the leftmost of what was found, with all that hangs together with it, if nothing uncertain does. Returns
   * what follows: a text of its own.
   */
  #replace(pieces: Piece[], certain: number): string | undefined {
    const group = leftmost(this.#found);
    if (group.length === 0) return undefined;
    const spans = spansOf(group);
    const { end } = spans.at(-1) as Span;
    if (end > certain) return undefined;
    this.#tell(pieces, end);
    let done = this.#done;
    let beginning = this.#beginning();
    for (const { start, end, source } of spans) {
      if (start > done) append(pieces, lookAgain(this.#rules, this.#text(done, start), LOOKS - 1, beginning));
      pieces.push({ text: this.#text(start, end), source });
      done = end;
      beginning = undefined;
    }
    const rest = this.#text(end, this.#live.length);
    this.#reset();
    return rest;
  }

  /** How what is held begins, where nothing was replaced before it. */
  #beginning(): Beginning | undefined {
    const done = this.#done;
    if (done === 0) return undefined;
    const passed = this.#passed;
    return {
      before: this.#text(done - 1, done),
      from: (rule) => Math.max(0, (passed[rule] as number) - done),
    };
  }

  /**
   * Up to where text is free to leave if nothing before `certain` is to be replaced. Not yet what something that begins
   * there would bound, if only that stood where it stands; see {@link LOOKS}.
   */
  #free(certain: number): number {
    let free = certain;
    for (let look = 1; look < LOOKS; look++) free = this.#marks[free - this.#done] as number;
    // Nor half a character.
    return isHalf(this.#held.charCodeAt(free - 1 - this.#origin)) ? Math.max(free - 1, this.#done) : free;
  }

  #text(from: number, to: number): string {
    return this.#held.slice(from - this.#origin, to - this.#origin);
  }

  /** Lets the text up to `until` leave. */
  #release(pieces: Piece[], until: number): void {
    this.#tell(pieces, until);
    if (until <= this.#done) return;
    pieces.push({ text: this.#text(this.#done, until) });
    this.#marks = this.#marks.slice(until - this.#done);
    this.#done = until;
    for (const { rule, start, end } of this.#matches) if (start < until) this.#passed[rule] = end;
    this.#matches = this.#matches.filter(({ start }) => start >= until);
    this.#held = this.#held.slice(until - 1 - this.#origin);
    this.#origin = until - 1;
  }

  #tell(pieces: Piece[], until: number): void {
    if (this.#told.length === 0) return;
    const seen = this.#told.filter(({ from }) => from < until);
    if (seen.length > 0) pieces.push({ text: '', seen: seen.map(({ source }) => source) });
    this.#told = this.#told.filter(({ from }) => from >= until);
  }

  #reset(): void {
    this.#live.reset();
    this.#resume.fill(0);
    this.#passed.fill(0);
    this.#matches = [];
    this.#marks = [0];
    this.#held = '';
    this.#origin = 0;
    this.#done = 0;
    this.#found = [];
    this.#told = [];
  }
}

/** Whether a unit is the first half of a character. */
function isHalf(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** The candidate with the leftmost span, and all that hang together with it. */
function leftmost(found: readonly Candidate[]): readonly Candidate[] {
  if (found.length < 2) return found;
  const first = found.reduce((least, one) => (one.start < least.start ? one : least));
  let { end } = first;
  for (let before = -1; before !== end;) {
    before = end;
    for (const one of found) if (one.from < end && one.end > end) ({ end } = one);
  }
  return found.filter(({ from }) => from < end);
}
