const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const DIGITS = '0123456789';

/** Draws from a seed: the same corpus each time, and nothing of it stored. */
export class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number in [0, 1), by Mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  int(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(from: readonly T[]): T {
    const one = from[this.int(0, from.length - 1)];
    if (one === undefined) throw new RangeError('nothing to pick from');
    return one;
  }

  from(letters: string, length: number): string {
    return Array.from({ length }, () => letters[this.int(0, letters.length - 1)]).join('');
  }

  hex = (length: number): string => this.from('0123456789abcdef', length);
  digits = (length: number): string => this.from(DIGITS, length);
  alnum = (length: number): string => this.from(LOWER + UPPER + DIGITS, length);
  lower = (length: number): string => this.from(LOWER + DIGITS, length);
  upper = (length: number): string => this.from(UPPER + DIGITS, length);
  url64 = (length: number): string => this.from(`${LOWER}${UPPER}${DIGITS}_-`, length - 1) + this.alnum(1);
  base64 = (length: number): string => this.from(`${LOWER}${UPPER}${DIGITS}+/`, length);
  uuid = (): string => [8, 4, 4, 4, 12].map((length) => this.hex(length)).join('-');

  /** `#` is a digit, `%` a digit but 0, all else as it stands. */
  digitsLike(form: string): string {
    return form.replaceAll(/[#%]/g, (mark) => String(this.int(mark === '%' ? 1 : 0, 9)));
  }
}
