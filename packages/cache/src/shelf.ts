import type { Call, Clock } from '@interpose/core';
import { skipped, stored, unreadable } from './cache-events.ts';
import { Codec, UnreadableEntryError, type CodecOptions } from './codec.ts';
import type { Entry } from './entry.ts';
import type { GuardedStore } from './guarded-store.ts';

/** Entries in a store. */
export class Shelf {
  readonly #store: GuardedStore;
  readonly #clock: Clock;
  readonly #codec: Codec;

  constructor(store: GuardedStore, clock: Clock, codec: CodecOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#codec = new Codec(codec);
  }

  /** What is kept under a key, fresh or not. No promise where the store needs none. */
  read(call: Call, key: string): Entry | undefined | Promise<Entry | undefined> {
    const bytes = this.#store.get(call, key);
    if (bytes instanceof Promise) return bytes.then((read) => this.#decoded(call, key, read));
    return this.#decoded(call, key, bytes);
  }

  /** What is kept under a key, if it is fresh. */
  async fresh(call: Call, key: string): Promise<Entry | undefined> {
    const entry = await this.read(call, key);
    return entry && this.ageMs(entry) < entry.ttlMs ? entry : undefined;
  }

  /** How old an entry is. Never below 0, whatever the clock of who wrote it. */
  ageMs({ storedAt }: Entry): number {
    return Math.max(0, this.#clock.now() - storedAt);
  }

  /** Keeps an entry for as long as it is fresh and `staleMs` longer; false where the store does not. */
  async keep(call: Call, key: string, entry: Entry, staleMs: number): Promise<boolean> {
    const bytes = await this.#codec.encode(key, entry);
    const kept = await this.#store.set(call, key, bytes, entry.ttlMs + staleMs);
    const { events } = call.runtime;
    if (events.active) {
      if (kept) events.emit(stored, 'cache', call, { bytes: bytes.byteLength });
      else events.emit(skipped, 'cache', call, { reason: 'store' });
    }
    return kept;
  }

  #decoded(call: Call, key: string, bytes: Uint8Array | undefined): Entry | undefined {
    if (!bytes) return undefined;
    try {
      const entry = this.#codec.decode(key, bytes);
      return entry.operation === call.operation.name ? entry : undefined;
    } catch (error) {
      if (!(error instanceof UnreadableEntryError)) throw error;
      const { events } = call.runtime;
      if (events.active) events.emit(unreadable, 'cache', call, { error });
      void this.#store.delete(call, key);
      return undefined;
    }
  }
}
