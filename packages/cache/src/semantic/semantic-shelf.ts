import { abortable, faulted, type Call, type Clock } from '@interpose/core';
import { unreadable } from '../cache-events.ts';
import { Codec, UnreadableEntryError, type CodecOptions } from '../codec.ts';
import type { Entry } from '../entry.ts';
import type { GuardedStore } from '../guarded-store.ts';
import { bounded } from './bounded.ts';
import { Rest } from './rest.ts';
import { semanticSkipped, semanticStored } from './semantic-events.ts';
import type { Nearby, Neighbour, VectorIndex } from './vector-index.ts';

/** An answer, and perhaps what it is an answer to. */
export interface SemanticEntry extends Entry {
  readonly asked?: string;
}

/** Where an answer stands. */
export interface Spot {
  readonly wall: string;
  readonly id: string;
  readonly vector: Float32Array;
}

/** Options of {@link SemanticShelf}. */
export interface SemanticShelfOptions {
  readonly store: GuardedStore;
  readonly index: VectorIndex;
  readonly clock: Clock;
  readonly codec: CodecOptions;
  /** How long a step of the index may take. */
  readonly timeoutMs: number;
  readonly unit: string;
}

/** Answers in a store, found by an index. What fails of either, or takes too long, is a miss. */
export class SemanticShelf {
  readonly #options: SemanticShelfOptions;
  readonly #codec: Codec;
  readonly #rest: Rest;
  readonly #writes = new Set<Promise<void>>();

  constructor(options: SemanticShelfOptions) {
    this.#options = options;
    this.#codec = new Codec(options.codec);
    this.#rest = new Rest(options.clock);
  }

  /** What is near. */
  near(call: Call, { wall, vector }: Spot, nearby: Nearby): Promise<readonly Neighbour[]> {
    const { index } = this.#options;
    return this.#step(call, call.signal, () => index.search(wall, vector, nearby), []);
  }

  /** The answer that is kept under an id, if it is fresh. What is in the index alone is forgotten there as well. */
  async read(call: Call, { wall, vector }: Spot, id: string): Promise<SemanticEntry | undefined> {
    const { store, index } = this.#options;
    const { well } = store;
    const bytes = await abortable(store.get(call, id), call.signal);
    const entry = bytes && this.#decoded(call, id, bytes);
    if (entry && this.ageMs(entry) < entry.ttlMs) return entry;
    // Where the store could not be asked, it may be there all the same.
    if (well && store.well)
      this.#later(this.#step(call, NEVER, () => index.remove(wall, id, vector.length), undefined));
    return undefined;
  }

  /** How old an entry is. Never below 0, whatever the clock of who wrote it. */
  ageMs({ storedAt }: Entry): number {
    return Math.max(0, this.#options.clock.now() - storedAt);
  }

  /** Keeps an answer. Nobody waits for it. */
  keep(call: Call, spot: Spot, entry: SemanticEntry): void {
    this.#later(this.#keep(call, spot, entry));
  }

  /** Waits for what is being kept. */
  async close(): Promise<void> {
    await Promise.all(this.#writes);
  }

  async #keep(call: Call, { wall, id, vector }: Spot, entry: SemanticEntry): Promise<void> {
    const { store, index, unit } = this.#options;
    const bytes = await this.#codec.encode(id, entry);
    // The answer first: what the index finds has to be there.
    const kept =
      (await store.set(call, id, bytes, entry.ttlMs)) &&
      (await this.#step(
        call,
        NEVER,
        async () => {
          await index.add(wall, id, vector, entry.ttlMs);
          return true;
        },
        false,
      ));
    const { events } = call.runtime;
    if (!events.active) return;
    if (kept) events.emit(semanticStored, unit, call, { bytes: bytes.byteLength });
    else events.emit(semanticSkipped, unit, call, { reason: 'store' });
  }

  /** A step of the index. @throws the signal's reason, and nothing else */
  async #step<T>(call: Call, signal: AbortSignal, run: () => Promise<T> | T, otherwise: T): Promise<T> {
    const { clock, timeoutMs, unit } = this.#options;
    if (!this.#rest.mayTry()) return otherwise;
    try {
      const result = await bounded({ clock, timeoutMs, step: 'answer of the index', signal }, run);
      this.#rest.worked();
      return result;
    } catch (error) {
      if (signal.aborted) throw error;
      this.#rest.failed();
      const { events } = call.runtime;
      if (events.active) events.emit(faulted, unit, call, { error, open: true });
      return otherwise;
    }
  }

  #decoded(call: Call, id: string, bytes: Uint8Array): SemanticEntry | undefined {
    try {
      const entry = this.#codec.decode(id, bytes);
      return entry.operation === call.operation.name ? entry : undefined;
    } catch (error) {
      if (!(error instanceof UnreadableEntryError)) throw error;
      const { store, unit } = this.#options;
      const { events } = call.runtime;
      if (events.active) events.emit(unreadable, unit, call, { error });
      void store.delete(call, id);
      return undefined;
    }
  }

  #later(work: Promise<void>): void {
    // Nobody waits for it: what cannot be written (an entry that does not compress) is not kept, and no more.
    const write = work.catch(() => {}).finally(() => this.#writes.delete(write));
    this.#writes.add(write);
  }
}

const NEVER = new AbortController().signal;
