// Six bits for each of three units.
const BITS = 6;
const CLASSES = 1 << BITS;
const MANY = 500;
const APART = 24;
const FOREIGN = /[^\0-\x7f]/;
const MASK = (1 << (3 * BITS)) - 1;

/**
 * Finds where a fixed set of words stands in whole texts, whatever its case. Looks at three units at a time in a table:
 * unlike the steps of an automaton, these looks do not wait for each other.
 */
export class WordFinder {
  /** The class of each byte; 0 for all that are in no word. */
  readonly #classes = new Uint8Array(256);
  /** The number of the bucket of three classes; 0 where no word begins with them. */
  readonly #bucketOf = new Uint16Array(MASK + 1);
  readonly #words: readonly string[];
  /** Words that begin alike. */
  readonly #buckets: number[][] = [[]];
  /** How often words of each bucket may begin in the text at hand. */
  readonly #counts: Uint32Array;
  /** Words of one unit, by their number: for these the platform has something better. */
  readonly #units: readonly number[];

  /** Words with letters outside of ASCII: rare, and only in texts that have such letters. */
  readonly #foreign: readonly (readonly [index: number, pattern: RegExp])[];

  /** @param words in lower case, none of them empty. */
  constructor(words: readonly string[]) {
    this.#words = words;
    this.#foreign = words.flatMap((word, index) =>
      FOREIGN.test(word)
        ? [[index, new RegExp(word.replaceAll(/[^\p{L}\p{N}]/gu, '\\$&'), 'gi')] as const]
        : [],
    );
    const plain = words.filter((word) => !FOREIGN.test(word));
    let count = 1;
    for (const unit of plain.join('')) {
      // Where there are more, some share a class: then the word itself tells.
      this.#classes[unit.charCodeAt(0)] ||= Math.min(count++, CLASSES - 1);
    }
    for (let code = 65; code <= 90; code++) this.#classes[code] = this.#classes[code + 32] as number;
    this.#units = words.flatMap((word, index) => (word.length === 1 && !FOREIGN.test(word) ? [index] : []));
    const numbers = new Map<string, number>();
    const bucketFor = (word: string): number => {
      const head = word.slice(0, 3);
      const number = numbers.get(head) ?? 1 + numbers.size;
      numbers.set(head, number);
      return number;
    };
    words.forEach((word, index) => {
      if (word.length === 1 || FOREIGN.test(word)) return;
      for (const key of this.#keysOf(word)) {
        const bucket = (this.#bucketOf[key] ||= bucketFor(word));
        if (!this.#buckets[bucket]?.includes(index)) (this.#buckets[bucket] ??= []).push(index);
      }
    });
    this.#counts = new Uint32Array(this.#buckets.length);
  }

  /**
   * Tells each place of each word; those of one word from left to right.
   *
   * @returns the words that are about everywhere: not all of their places were told.
   */
  find(text: string, found: (word: number, at: number) => void): readonly number[] {
    const dense: number[] = [];
    for (const index of this.#units) {
      const unit = this.#words[index] as string;
      let count = 0;
      for (let at = text.indexOf(unit); at !== -1; at = text.indexOf(unit, at + 1)) {
        if (isDense(++count, at)) break;
        found(index, at);
      }
      if (isDense(count, text.length)) dense.push(index);
    }
    if (this.#foreign.length > 0 && FOREIGN.test(text)) {
      for (const [index, pattern] of this.#foreign) {
        for (const { index: at } of text.matchAll(pattern)) found(index, at);
      }
    }
    // The low bytes of all units, with two more for short words at the end. The word itself tells whether it is one.
    const bytes = Buffer.from(`${text}\0\0`, 'latin1');
    const begun = this.#begun(bytes);
    for (let next = 0; next < begun.length; next += 2) {
      const at = begun[next] as number;
      for (const index of this.#buckets[begun[next + 1] as number] as readonly number[]) {
        if (isAt(text, at, this.#words[index] as string)) found(index, at);
      }
    }
    // Not in a short text, and most are.
    if (begun.length < 2 * MANY) return dense;
    this.#counts.forEach((count, bucket) => {
      if (isDense(count, text.length)) dense.push(...(this.#buckets[bucket] ?? []));
    });
    return dense;
  }

  /** Where a word may begin, each time with its bucket. With anything more in this loop it takes three times as long. */
  #begun(bytes: Uint8Array): readonly number[] {
    const classes = this.#classes;
    const bucketOf = this.#bucketOf;
    const counts = this.#counts.fill(0);
    const begun: number[] = [];
    let key = 0;
    for (let at = 0; at < bytes.length; at++) {
      key = ((key << BITS) | (classes[bytes[at] as number] as number)) & MASK;
      const bucket = bucketOf[key] as number;
      if (bucket === 0) continue;
      const count = (counts[bucket] as number) + 1;
      counts[bucket] = count;
      if (!isDense(count, at)) begun.push(at - 2, bucket);
    }
    return begun;
  }

  /** The keys under which a word is found: of a short one, with whatever follows it. */
  #keysOf(word: string): number[] {
    const [one = 0, two = 0, three = 0] = word
      .split('')
      .map((unit) => this.#classes[unit.charCodeAt(0)] as number);
    const head = ((one << BITS) | two) << BITS;
    if (word.length > 2) return [head | three];
    return Array.from({ length: CLASSES }, (_, any) => head | any);
  }
}

/** Whether so many places in a text of some length are too many to go from one to the next. */
function isDense(count: number, length: number): boolean {
  return count > MANY && count * APART > length;
}

function isAt(text: string, at: number, word: string): boolean {
  for (let index = 0; index < word.length; index++) {
    const code = text.charCodeAt(at + index);
    const lower = code >= 65 && code <= 90 ? code + 32 : code;
    if (lower !== word.charCodeAt(index)) return false;
  }
  return true;
}
