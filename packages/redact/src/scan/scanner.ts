import type { Candidate, Piece } from './found.ts';
import { PassStream } from './pass-stream.ts';
import type { RuleSet } from './rule-set.ts';
import { segmentPass, wholePass } from './whole-pass.ts';

/** Looks through a text that comes bit by bit. The pieces of all pushes and of the end are all of the text. */
export interface TextStream {
  push(text: string): readonly Piece[];
  end(): readonly Piece[];
}

/**
 * Looks through texts. Twice: a placeholder bounds the text beside it, so that what was no match in one word with a
 * secret may be one when that is gone; and nothing is to be left that another redaction would find.
 */
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
  whole(text: string, more?: readonly Candidate[]): readonly Piece[] | undefined {
    const pieces = wholePass(this.#rules, text, more);
    if (!pieces?.some(({ source }) => source)) return pieces;
    // Placeholders that were there before bound the text in the first pass: a piece may have them in it.
    return joined(pieces).flatMap((piece) => {
      if (piece.source || piece.seen) return [piece];
      const further = wholePass(this.#rules, piece.text);
      return further ? untold(further) : [piece];
    });
  }

  /** Looks through a text that comes bit by bit, with the very same result. */
  stream(): TextStream {
    const first = new PassStream(this.#rules);
    const second = new PassStream(this.#rules);
    const again = (pieces: readonly Piece[]): readonly Piece[] =>
      pieces.flatMap((piece) => {
        if (piece.seen) return [piece];
        return piece.source ? second.pass(piece) : untold(second.push(piece.text));
      });
    return {
      push: (text) => again(first.push(text)),
      end: () => [...again(first.end()), ...untold(second.end())],
    };
  }
}

/** Without what was told by the first pass already. */
function untold(pieces: readonly Piece[] | undefined): readonly Piece[] {
  return pieces?.filter(({ seen }) => !seen) ?? [];
}

/** With all text that stays in one piece, up to what is replaced. */
function joined(pieces: readonly Piece[]): readonly Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const before = result.at(-1);
    if (piece.seen || piece.source || !before || before.seen || before.source) result.push(piece);
    else result[result.length - 1] = { text: before.text + piece.text };
  }
  return result;
}
