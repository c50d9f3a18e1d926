import { append, type Piece } from './found.ts';
import type { RuleSet } from './rule-set.ts';
import { SegmentStream } from './segment-stream.ts';

/**
 * Looks through a text that comes bit by bit. The pieces of all pushes and of the end are all of the text; after the end
 * another text may come.
 */
export class TextStream {
  readonly #rules: RuleSet;
  readonly #segment: SegmentStream;
  /** What may yet become a placeholder. */
  #begun = '';

  constructor(rules: RuleSet) {
    this.#rules = rules;
    this.#segment = new SegmentStream(rules);
  }

  push(text: string): readonly Piece[] {
    const pieces: Piece[] = [];
    this.#take(this.#begun + text, false, pieces);
    return pieces;
  }

  end(): readonly Piece[] {
    const pieces: Piece[] = [];
    this.#take(this.#begun, true, pieces);
    append(pieces, this.#segment.end());
    return pieces;
  }

  #take(text: string, last: boolean, pieces: Piece[]): void {
    const { placeholders } = this.#rules;
    this.#begun = '';
    let done = 0;
    for (let at = text.indexOf('['); at !== -1; at = text.indexOf('[', at)) {
      const placeholder = placeholders.at(text, at);
      if (placeholder !== undefined) {
        append(pieces, this.#segment.push(text.slice(done, at)));
        append(pieces, this.#segment.end());
        pieces.push({ text: placeholder });
        done = at += placeholder.length;
      } else if (!last && placeholders.mayBecome(text, at)) {
        this.#begun = text.slice(at);
        break;
      } else {
        at++;
      }
    }
    append(pieces, this.#segment.push(text.slice(done, text.length - this.#begun.length)));
  }
}
