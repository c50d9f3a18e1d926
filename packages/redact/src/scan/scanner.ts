import { append, type Candidate, type Piece } from './found.ts';
import type { RuleSet } from './rule-set.ts';
import { TextStream } from './text-stream.ts';
import { segmentPass } from './segment-pass.ts';

/** Looks through texts, whole ones and such as come bit by bit, with the same result. */
export class Scanner {
  readonly #rules: RuleSet;

  constructor(rules: RuleSet) {
    this.#rules = rules;
  }

  /**
   * Looks through a whole text. Returns undefined when there is nothing in it.
   *
   * @param more what detectors found in it, by its start, rising.
   */
  whole(text: string, more: readonly Candidate[] = []): readonly Piece[] | undefined {
    if (!text.includes('[')) return this.#segment(text, more);
    const pieces: Piece[] = [];
    let at = 0;
    for (const token of this.#rules.placeholders.split(text)) {
      const end = at + token.text.length;
      const found = token.placeholder ? undefined : this.#segment(token.text, within(more, at, end));
      append(pieces, found ?? [{ text: token.text }]);
      at = end;
    }
    return pieces.some(({ source, seen }) => source ?? seen) ? pieces : undefined;
  }

  /** Looks through a text that comes bit by bit. */
  stream(): TextStream {
    return new TextStream(this.#rules);
  }

  #segment(text: string, more: readonly Candidate[]): readonly Piece[] | undefined {
    return segmentPass(this.#rules, text, more.length > 0 ? { more } : {});
  }
}

function within(candidates: readonly Candidate[], from: number, to: number): readonly Candidate[] {
  if (candidates.length === 0) return candidates;
  return candidates
    .filter(({ start, end }) => start >= from && end <= to)
    .map((one) => ({ ...one, from: one.start - from, start: one.start - from, end: one.end - from }));
}
