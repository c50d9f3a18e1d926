import { cut } from './boundaries.ts';

/** How many characters may still be given to the tokenizer, for all texts of one request. */
export interface Allowance {
  left: number;
}

// Tokenizers are quadratic in the length of a piece that they do not know: 160 characters cost half a millisecond at most.
const LONGEST = 160;
// A power of two. Three numbers of four bytes each: 3 MB.
const SLOTS = 1 << 18;

// Tokens that are one piece wherever they stand as a chunk: a word in one of the usual cases, or marks.
const PLAIN = /^ ?(?:[A-Z]?[a-z]+|[A-Z]+|[!-/:-@[-`{-~]+)$/;

/**
 * Counts tokens of one encoding. A text is cut into chunks that are encoded each by itself, and chunks that were counted
 * before are known by their hash, so that ordinary text is counted in one pass over its characters, exactly.
 * Chunks that are new go to the tokenizer while the allowance lasts. From there on they count by their bytes, as do those
 * that are too long: a token is at least one byte, so that a count is never too low.
 */
export class Encoding {
  readonly #exact: (text: string) => number;
  /** Two hashes and the count of a chunk; a new chunk takes the place of the old one. No text is kept. */
  readonly #known = new Int32Array(SLOTS * 3);

  /**
   * @param exact the tokenizer: the tokens of a text.
   * @param vocabulary its tokens, the commonest first, so that ordinary words are known from the start.
   */
  constructor(exact: (text: string) => number, vocabulary: readonly unknown[] = []) {
    this.#exact = exact;
    for (let rank = vocabulary.length - 1; rank >= 0; rank--) {
      const token = vocabulary[rank];
      if (typeof token !== 'string' || !PLAIN.test(token)) continue;
      cut(token, (start, end, _bytes, hash, check) => {
        if (end - start === token.length) this.#learn(hash, check, 1);
      });
    }
  }

  count(text: string, allowance: Allowance): number {
    const known = this.#known;
    let total = 0;
    cut(text, (start, end, bytes, hash, check) => {
      const length = end - start;
      const last = end === text.length;
      const slot = slotOf(hash);
      if (!last && known[slot] === hash && known[slot + 1] === check && known[slot + 2]! > 0) {
        total += known[slot + 2]!;
        return;
      }
      if (length > LONGEST || length > allowance.left) {
        total += bytes;
        return;
      }
      allowance.left -= length;
      // How whitespace is cut depends on what follows: a blank and a letter, which make one token, stand for it.
      const chunk = text.slice(start, end);
      const count = last ? this.#exact(chunk) : this.#exact(`${chunk} a`) - 1;
      total += count;
      if (!last) this.#learn(hash, check, count);
    });
    return total;
  }

  #learn(hash: number, check: number, count: number): void {
    const slot = slotOf(hash);
    this.#known[slot] = hash;
    this.#known[slot + 1] = check;
    this.#known[slot + 2] = count;
  }
}

function slotOf(hash: number): number {
  return ((hash ^ (hash >>> 15)) & (SLOTS - 1)) * 3;
}
