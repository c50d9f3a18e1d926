import type { Clock } from '@interpose/core';
import type { Ledger } from './ledger.ts';

// Without a reason of its own, each abort makes a DOMException with its stack: more than all else that a hold costs.
const OVER = 'over';

/** Keeps the reservations of calls that are alive from lapsing. No timer is left when none is. */
export class Leases {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #onError: (error: unknown) => void;
  readonly #live = new Set<string>();
  #loop: AbortController | undefined;

  constructor(ledger: Ledger, clock: Clock, leaseMs: number, onError: (error: unknown) => void) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#leaseMs = leaseMs;
    this.#onError = onError;
  }

  /** Renews a reservation from now on. */
  add(id: string): void {
    this.#live.add(id);
    if (this.#loop) return;
    this.#loop = new AbortController();
    void this.#renew(this.#loop.signal);
  }

  /** The call is over. */
  remove(id: string): void {
    this.#live.delete(id);
    if (this.#live.size === 0) this.close();
  }

  /** Renews nothing any more. */
  close(): void {
    this.#loop?.abort(OVER);
    this.#loop = undefined;
  }

  async #renew(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // A third, so that one that fails is made up for by the next.
      await this.#clock.sleep(this.#leaseMs / 3, signal).catch(() => {});
      if (signal.aborted) return;
      await this.#ledger.renew([...this.#live], this.#leaseMs).catch(this.#onError);
    }
  }
}
