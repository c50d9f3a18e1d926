/** A point in time, and what happens when it passes. */
interface Deadline {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly pass: () => void;
}

// What setTimeout can hold; later deadlines are looked at again then.
const LONGEST_TIMER = 2_147_483_647;

/**
 * Many deadlines on one timer: almost none of them ever passes, so that a timer for each would cost more than
 * what it guards. With none left, the timer keeps no process alive.
 *
 * Goes by the machine's clock and no other: the client measures its time-outs with it, and these stand in for
 * the client's.
 */
export class Deadlines {
  readonly #deadlines = new Set<Deadline>();
  #timer: NodeJS.Timeout | undefined;
  #firesAt = Infinity;

  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now();
  }

  add(at: number, pass: () => void): Deadline {
    const deadline = { at, pass };
    this.#deadlines.add(deadline);
    if (at < this.#firesAt) this.#arm(at);
    else if (this.#deadlines.size === 1) this.#timer?.ref();
    return deadline;
  }

  /** @returns whether it was still there */
  delete(deadline: Deadline): boolean {
    const deleted = this.#deadlines.delete(deadline);
    if (this.#deadlines.size === 0) this.#timer?.unref();
    return deleted;
  }

  #arm(at: number): void {
    clearTimeout(this.#timer);
    this.#firesAt = at;
    const left = Math.min(Math.max(0, at - Date.now()), LONGEST_TIMER);
    this.#timer = setTimeout(() => this.#pass(), left);
  }

  #pass(): void {
    this.#firesAt = Infinity;
    const now = Date.now();
    for (const deadline of this.#deadlines) if (deadline.at <= now) deadline.pass();
    let next = Infinity;
    for (const { at } of this.#deadlines) next = Math.min(next, at);
    if (next !== Infinity) this.#arm(next);
  }
}
