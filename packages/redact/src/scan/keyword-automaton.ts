import { ASCII } from '../pattern/units.ts';

/**
 * Finds a fixed set of words in a text that comes bit by bit, whatever its case (Aho and Corasick). States are numbers, `0` to
 * begin with; those in which a word ends are negative.
 */
export class KeywordAutomaton {
  /** The class of each ASCII unit; 0 for all that are in no word, as for units that are not ASCII. */
  readonly #classes = new Uint8Array(ASCII);
  /** The state after a state and a class. A state is where its row begins; negative, and less one, where a word ends. */
  readonly #next: Int32Array;
  readonly #width: number;
  /** The words that end in a state, by the number of its row. */
  readonly #ends: readonly (readonly number[] | undefined)[];
  readonly #depths: Int32Array;
  readonly lengths: readonly number[];

  /** @param words in lower case, ASCII, none of them empty. */
  constructor(words: readonly string[]) {
    this.lengths = words.map((word) => word.length);
    let width = 1;
    for (const code of words
      .join('')
      .split('')
      .map((unit) => unit.charCodeAt(0))) {
      this.#classes[code] ||= width++;
    }
    for (let code = 65; code <= 90; code++) this.#classes[code] = this.#classes[code + 32] as number;
    this.#width = width;

    const tree: Int32Array[] = [new Int32Array(width).fill(-1)];
    const ends: (number[] | undefined)[] = [undefined];
    const depths = [0];
    words.forEach((word, index) => {
      let row = 0;
      for (let at = 0; at < word.length; at++) {
        const branches = tree[row] as Int32Array;
        const unit = this.#classes[word.charCodeAt(at)] as number;
        if (branches[unit] === -1) {
          branches[unit] = tree.length;
          tree.push(new Int32Array(width).fill(-1));
          ends.push(undefined);
          depths.push(at + 1);
        }
        row = branches[unit] as number;
      }
      (ends[row] ??= []).push(index);
    });
    const table = withFallbacks(tree, ends, width);
    this.#next = table.map((row) => (ends[row] === undefined ? row * width : ~(row * width)));
    this.#ends = ends;
    this.#depths = Int32Array.from(depths);
  }

  /** The state after one more unit. */
  step(state: number, code: number): number {
    return this.#next[
      (state < 0 ? ~state : state) + (code < ASCII ? (this.#classes[code] as number) : 0)
    ] as number;
  }

  /** How much of the end of a text is the beginning of a word. */
  depth(state: number): number {
    return this.#depths[(state < 0 ? ~state : state) / this.#width] as number;
  }

  /** The words that end in a state. */
  endsOf(state: number): readonly number[] {
    return this.#ends[(state < 0 ? ~state : state) / this.#width] ?? [];
  }
}

/** Makes one table of the tree: where it has no branch, the state goes on as that of the longest end of the text would. */
function withFallbacks(
  tree: readonly Int32Array[],
  ends: (number[] | undefined)[],
  width: number,
): Int32Array {
  const table = new Int32Array(tree.length * width);
  const fallback = new Int32Array(tree.length);
  const queue: number[] = [0];
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head] as number;
    const back = fallback[state] as number;
    if (state !== 0 && ends[back] !== undefined)
      ends[state] = [...(ends[state] ?? []), ...(ends[back] ?? [])];
    for (let unit = 0; unit < width; unit++) {
      const child = (tree[state] as Int32Array)[unit] as number;
      const otherwise = state === 0 ? 0 : (table[back * width + unit] as number);
      table[state * width + unit] = child === -1 ? otherwise : child;
      if (child === -1) continue;
      fallback[child] = otherwise;
      queue.push(child);
    }
  }
  return table;
}
