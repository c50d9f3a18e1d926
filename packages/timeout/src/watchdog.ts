import type { Clock } from '@interpose/core';
import { alarm } from './alarm.ts';

/** How long a {@link Watchdog} waits for content, in milliseconds; `Infinity` for as long as it takes. */
export interface Patience {
  readonly firstContentMs: number;
  readonly betweenContentMs: number;
}

/** Hears which clock has run out, and how long that was. */
type Ring = (clock: 'firstContent' | 'betweenContent', limitMs: number) => void;

/**
 * Watches for content. Its clock runs only while somebody waits for the provider: who reads slowly makes nobody late. It
 * starts anew with each content, and with nothing else. No timer runs while nobody waits, but for one that ends then.
 */
export class Watchdog {
  readonly #clock: Clock;
  readonly #patience: Patience;
  readonly #ring: Ring;
  #name: 'firstContent' | 'betweenContent' = 'firstContent';
  /** Time that was waited since the last content. */
  #waitedMs = 0;
  #waitingSince: number | undefined;
  #stop: (() => void) | undefined;
  #over = false;

  constructor(clock: Clock, patience: Patience, ring: Ring) {
    this.#clock = clock;
    this.#patience = patience;
    this.#ring = ring;
  }

  /** Somebody begins to wait for the provider. */
  waiting(): void {
    this.#waitingSince = this.#clock.monotonic();
    if (!this.#stop && !this.#over) this.#arm();
  }

  /** What was waited for has come. */
  arrived(content: boolean): void {
    if (content) {
      this.#waitedMs = 0;
      // The alarm is that of another clock.
      if (this.#name === 'firstContent') this.#disarm();
      this.#name = 'betweenContent';
    } else {
      this.#waitedMs = this.#waited;
    }
    this.#waitingSince = undefined;
  }

  /** There is nothing more to wait for, though somebody may read to the very end. */
  end(): void {
    this.#over = true;
    this.#disarm();
  }

  get #waited(): number {
    const waiting = this.#waitingSince === undefined ? 0 : this.#clock.monotonic() - this.#waitingSince;
    return this.#waitedMs + waiting;
  }

  get #limitMs(): number {
    const { firstContentMs, betweenContentMs } = this.#patience;
    return this.#name === 'firstContent' ? firstContentMs : betweenContentMs;
  }

  #arm(): void {
    const limitMs = this.#limitMs;
    if (limitMs === Infinity) return;
    this.#stop = alarm(this.#clock, limitMs - this.#waited, () => this.#look());
  }

  #disarm(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** The time may be over; content that came in the meantime did not move the alarm, which would cost more than this. */
  #look(): void {
    this.#stop = undefined;
    if (this.#waitingSince === undefined) return;
    if (this.#waited < this.#limitMs) this.#arm();
    else this.#ring(this.#name, this.#limitMs);
  }
}
