import type { Call, Clock } from '@interpose/core';
import type { Flight } from './flight.ts';
import type { GuardedStore } from './guarded-store.ts';

// How long a process that died keeps others waiting.
const LEASE_MS = 5000;
const RENEW_MS = LEASE_MS / 3;
// How often those who wait for another process look whether it is through.
const POLL_MS = 50;
// For so long nobody waits for anybody, after an answer that could not be kept.
const OPEN_MS = 5000;
const OPEN = Uint8Array.of(1);

/** Whether a flight may begin, or what came of the one that it waited for. */
export type Turn<T> = { readonly found: T } | { readonly found?: undefined; readonly held: boolean };

/**
 * Has one of many processes ask the provider, and the others wait for what it keeps. Where the store does not say who,
 * each goes by itself.
 */
export class Leasing {
  readonly #store: GuardedStore;
  readonly #clock: Clock;

  constructor(store: GuardedStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Waits until it is this flight's turn, or until `look` finds what another process has kept. */
  async turn<T>(
    call: Call,
    { key, holder, signal }: Flight,
    look: () => Promise<T | undefined>,
  ): Promise<Turn<T>> {
    for (let waited = false; this.#store.leased; waited = true) {
      const held = await this.#store.acquire(call, key, holder, LEASE_MS);
      if (held === undefined) break;
      // Between the look before and the lease another one may have come and gone.
      const found = held && !waited ? undefined : await look();
      if (found !== undefined) {
        if (held) await this.#store.release(call, key, holder);
        return { found };
      }
      if (held) return { held: true };
      if (await this.#store.get(call, openKey(key))) break;
      await this.#clock.sleep(POLL_MS, signal);
    }
    return { held: false };
  }

  /** Prolongs a lease until `signal` aborts. */
  async renew(call: Call, { key, holder }: Flight, signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await this.#clock.sleep(RENEW_MS, signal);
        await this.#store.acquire(call, key, holder, LEASE_MS);
      }
    } catch {
      // It is over.
    }
  }

  /** Gives a lease back. Where nothing was kept, those who wait need not take turns. */
  async release(call: Call, { key, holder }: Flight, kept: boolean): Promise<void> {
    if (!kept) await this.#store.set(call, openKey(key), OPEN, OPEN_MS);
    await this.#store.release(call, key, holder);
  }
}

function openKey(key: string): string {
  return `${key}:open`;
}
