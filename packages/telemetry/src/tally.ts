/** What telemetry is made of, by the unit in which it is counted; metrics are counted in data points. */
export type Signal = 'spans' | 'metrics' | 'logs';

/** All of them. */
export const SIGNALS: readonly Signal[] = ['spans', 'metrics', 'logs'];

/** What became of the spans, data points or log records since the start. */
export interface SignalReport {
  /** Accepted by the collector. */
  readonly exported: number;
  /** Lost: refused by the collector, not delivered in time, or more than the queue holds. */
  readonly dropped: number;
  /** Still waiting to be exported. None after a shutdown. */
  readonly pending: number;
}

/** Something was lost. */
export interface Drop {
  readonly signal: Signal;
  /** How many spans, data points or log records. */
  readonly count: number;
  /** Why, in a word: `ECONNREFUSED`, `HTTP 503`, `timeout`, `queue_full`, `rejected`, `shutdown`. Never a message. */
  readonly error: string;
}

/** Counts what is recorded of one signal, and what became of it. */
export class Tally {
  readonly #signal: Signal;
  readonly #onDrop: (drop: Drop) => void;
  #recorded = 0;
  #exported = 0;
  #dropped = 0;
  #closed = false;

  constructor(signal: Signal, onDrop: (drop: Drop) => void) {
    this.#signal = signal;
    this.#onDrop = onDrop;
  }

  get report(): SignalReport {
    const pending = this.#recorded - this.#exported - this.#dropped;
    return { exported: this.#exported, dropped: this.#dropped, pending };
  }

  record(count: number): void {
    if (!this.#closed) this.#recorded += count;
  }

  export(count: number): void {
    if (!this.#closed) this.#exported += count;
  }

  /** Nothing is exported any more: what was waiting is lost, and what is recorded from now on is nobody's. */
  close(): void {
    this.drop(this.report.pending, 'shutdown');
    this.#closed = true;
  }

  drop(count: number, error: string): void {
    if (count <= 0 || this.#closed) return;
    this.#dropped += count;
    this.#onDrop({ signal: this.#signal, count, error });
  }
}
