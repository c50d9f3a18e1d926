import type { Clock } from '@interpose/core';
import type { LimitStore, SlotRef } from './limit-store.ts';

/** Keeps the slots of calls that are under way from lapsing. Sleeps only while there are any. */
export class Leases {
  readonly #clock: Clock;
  readonly #store: LimitStore;
  readonly #leaseMs: number;
  readonly #held = new Map<string, SlotRef>();
  #stop: AbortController | undefined;
  #closed = false;

  constructor(clock: Clock, store: LimitStore, leaseMs: number) {
    this.#clock = clock;
    this.#store = store;
    this.#leaseMs = leaseMs;
  }

  /** From now on the slot is renewed. */
  hold(slot: SlotRef): void {
    if (this.#closed) return;
    this.#held.set(slot.id, slot);
    if (!this.#stop) void this.#renew((this.#stop = new AbortController()).signal);
  }

  /** The call is over. */
  drop(slot: SlotRef): void {
    this.#held.delete(slot.id);
    if (this.#held.size > 0) return;
    this.#stop?.abort();
    this.#stop = undefined;
  }

  /** Renews nothing any more: what is still held lapses. */
  close(): void {
    this.#closed = true;
    this.#held.clear();
    this.#stop?.abort();
  }

  async #renew(signal: AbortSignal): Promise<void> {
    // Three times in a lease, so that one failure is made up for. The next call that asks the store reports it.
    while (!signal.aborted) {
      await this.#clock.sleep(this.#leaseMs / 3, signal).catch(() => {});
      if (!signal.aborted) await this.#store.renew([...this.#held.values()], this.#leaseMs).catch(() => {});
    }
  }
}
