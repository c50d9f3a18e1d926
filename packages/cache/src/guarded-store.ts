import { faulted, within, type Call, type Clock } from '@interpose/core';
import type { CacheStore } from './cache-store.ts';

// How long a store that failed is left alone, twice as long after each time that it failed again.
const REST_MS = 1000;
const LONGEST_REST_MS = 30_000;
// How many times as long an entry may take to be kept: it may be of megabytes, and nobody waits for it.
const KEEPING = 20;

/** A step of a store that took too long. */
export class StoreTimeoutError extends Error {
  override readonly name = 'StoreTimeoutError';
  readonly code = 'cache_store_timeout';
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super(`cache: the store did not answer within ${timeoutMs} ms`);
    this.timeoutMs = timeoutMs;
  }
}

/**
 * A store that costs a call no more than a moment. A step that fails or takes too long is a miss; from then on the
 * store is left alone for a while, and then asked by way of trial, for which nobody waits.
 */
export class GuardedStore {
  readonly #store: CacheStore;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #unit: string;
  /** When it may be tried again, by the monotonic clock. Undefined while it is well. */
  #restUntil: number | undefined;
  #restMs = REST_MS;
  #trying = false;

  /** @param unit in whose name a fault is reported */
  constructor(store: CacheStore, clock: Clock, timeoutMs: number, unit = 'cache') {
    this.#unit = unit;
    this.#store = store;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether it does what it is asked. */
  get well(): boolean {
    return this.#restUntil === undefined;
  }

  /** Whether processes can agree by it on who asks the provider. */
  get leased(): boolean {
    return this.well && this.#store.leases !== undefined;
  }

  get(call: Call, key: string): Promise<Uint8Array | undefined> | Uint8Array | undefined {
    return this.#step(call, () => this.#store.get(key), undefined);
  }

  set(call: Call, key: string, bytes: Uint8Array, ttlMs: number): Promise<boolean> | boolean {
    return this.#step(
      call,
      () => {
        const kept = this.#store.set(key, bytes, ttlMs);
        return kept ? kept.then(() => true) : true;
      },
      false,
      KEEPING * this.#timeoutMs,
    );
  }

  delete(call: Call, key: string): Promise<void> | void {
    return this.#step(call, () => this.#store.delete(key), undefined);
  }

  /** Undefined where it cannot be told. */
  acquire(
    call: Call,
    key: string,
    holder: string,
    leaseMs: number,
  ): Promise<boolean | undefined> | undefined {
    const { leases } = this.#store;
    return leases && Promise.resolve(this.#step(call, () => leases.acquire(key, holder, leaseMs), undefined));
  }

  release(call: Call, key: string, holder: string): Promise<void> | void {
    const { leases } = this.#store;
    return leases && this.#step(call, () => leases.release(key, holder), undefined);
  }

  #step<T>(
    call: Call,
    run: () => Promise<T> | T,
    otherwise: T,
    timeoutMs: number = this.#timeoutMs,
  ): Promise<T> | T {
    if (this.#restUntil !== undefined) {
      if (this.#clock.monotonic() >= this.#restUntil) this.#try(call);
      return otherwise;
    }
    try {
      const result = run();
      if (!(result instanceof Promise)) return result;
      return this.#timed(() => result, timeoutMs).catch((error: unknown) => {
        this.#failed(call, error);
        return otherwise;
      });
    } catch (error) {
      this.#failed(call, error);
      return otherwise;
    }
  }

  #timed<T>(run: () => Promise<T> | T, timeoutMs: number): Promise<T> {
    return within({ clock: this.#clock, ms: timeoutMs, late: () => new StoreTimeoutError(timeoutMs) }, run);
  }

  #failed(call: Call, error: unknown): void {
    const { events } = call.runtime;
    if (events.active) events.emit(faulted, this.#unit, call, { error, open: true });
    if (this.#restUntil === undefined || this.#trying) {
      this.#restUntil = this.#clock.monotonic() + this.#restMs;
      this.#restMs = Math.min(2 * this.#restMs, LONGEST_REST_MS);
    }
  }

  #try(call: Call): void {
    if (this.#trying) return;
    this.#trying = true;
    // A key that is nobody's.
    void this.#timed(() => this.#store.get('trial'), this.#timeoutMs)
      .then(
        () => {
          this.#restUntil = undefined;
          this.#restMs = REST_MS;
        },
        (error: unknown) => this.#failed(call, error),
      )
      .finally(() => (this.#trying = false));
  }
}
