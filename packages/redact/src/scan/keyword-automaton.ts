import { ASCII } from '../pattern/units.ts';

/** Finds where a fixed set of words stands in texts, whatever its case; all of them in one pass (Aho and Corasick). */
export class KeywordAutomaton {
  readonly #width: number;
  /** The class of each ASCII unit; 0 for all that are in no word, as for units that are not ASCII. */
  readonly #classes = new Uint8Array(ASCII);
  /** The state after a state and a class. */
  readonly #next: Int32Array;
  /** The words that end in a state. */
  readonly #ends: readonly (readonly number[] | undefined)[];
  readonly #lengths: readonly number[];

  /** @param words in lower case, ASCII, none of them empty. */
  constructor(words: readonly string[]) {
    this.#lengths = words.map((word) => word.length);
    let width = 1;
    for (const code of words.join('').split('').map((unit) => unit.charCodeAt(0))) {
      this.#classes[code] ||= width++;
    }
    for (let code = 65; code <= 90; code++) this.#classes[code] = this.#classes[code + 32] as number;
    this.#width = width;

    const tree: Int32Array[] = [new Int32Array(width).fill(-1)];
    const ends: (number[] | undefined)[] = [undefined];
    words.forEach((word, index) => {
      let state = 0;
      for (let at = 0; at < word.length; at++) {
        const row = tree[state] as Int32Array;
        const unit = this.#classes[word.charCodeAt(at)] as number;
        if (row[unit] === -1) {
          row[unit] = tree.length;
          tree.push(new Int32Array(width).fill(-1));
          ends.push(undefined);
        }
        state = row[unit] as number;
      }
      (ends[state] ??= []).push(index);
    });
    this.#next = withFallbacks(tree, ends, width);
    this.#ends = ends;
  }

  /** Tells each place of each word: from left to right, for each word. */
  find(text: string, found: (word: number, at: number) => void): void {
    const next = this.#next;
    const classes = this.#classes;
    const ends = this.#ends;
    const width = this.#width;
    let state = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      state = next[state * width + (code < ASCII ? (classes[code] as number) : 0)] as number;
      const words = ends[state];
      if (words === undefined) continue;
      for (const word of words) found(word, at + 1 - (this.#lengths[word] as number));
    }
  }
}

/** Makes one table of the tree: where it has no branch, the state goes on as that of the longest end of the text would. */
function withFallbacks(tree: readonly Int32Array[], ends: (number[] | undefined)[], width: number): Int32Array {
  const table = new Int32Array(tree.length * width);
  const fallback = new Int32Array(tree.length);
  const queue: number[] = [0];
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head] as number;
    const back = fallback[state] as number;
    if (state !== 0 && ends[back] !== undefined) ends[state] = [...(ends[state] ?? []), ...(ends[back] ?? [])];
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
