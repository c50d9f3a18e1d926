// What is saved up in a quiet time: so many calls may be hedged in a row.
const MOST = 10;
// Twenty deposits of 0.05 are one, though they add up to a little less in binary.
const ROUNDING = 1e-9;

/** Bounds further tries to a part of all calls. Each call earns that part of one; the first is free. */
export class Allowance {
  readonly #share: number;
  #held = 1;

  constructor(share: number) {
    this.#share = share;
  }

  /** A call came. */
  earn(): void {
    this.#held = Math.min(MOST, this.#held + this.#share);
  }

  /** Takes the right to one further try. @returns false when there is none */
  take(): boolean {
    if (this.#share === 0 || this.#held < 1 - ROUNDING) return false;
    this.#held -= 1;
    return true;
  }
}
