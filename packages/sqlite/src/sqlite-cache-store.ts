import { setImmediate } from 'node:timers/promises';
import type { CacheStore } from '@interpose/cache';
import { option, type Clock } from '@interpose/core';
import { CacheEntries, type FoundEntry, type NewEntry } from './cache-entries.ts';
import { CacheLeases } from './cache-leases.ts';
import type { Connection } from './connection.ts';
import { openStore, storeSettings, type Closable, type SqliteStoreOptions } from './store-options.ts';

/** Options of {@link sqliteCacheStore}. */
export interface SqliteCacheStoreOptions extends SqliteStoreOptions {
  /** What all entries together may take, in bytes. @default 256 MiB */
  maxBytes?: number;
}

/** Entries of a cache in a file. */
export type SqliteCacheStore = Omit<CacheStore, 'close'> & Closable;

/** What the entries of a cache take together where nothing else is said. */
export const MAX_CACHE_BYTES: number = 256 * 1024 * 1024;

// A larger entry is written and read piece by piece, and others have their turn in between: a piece blocks the process
// for about a millisecond.
const PIECE_BYTES = 256 * 1024;
// What an entry takes besides its bytes: its key twice, its numbers, and half of a page that is not filled.
const OVERHEAD_BYTES = 1024;

/**
 * Opens a cache in a file without a layer: to have it in a file of its own, or to share it among layers, as
 * `cache({ store })`.
 *
 * @throws {ConfigurationError} for a wrong option.
 * @throws {SqliteError} when the file cannot be used.
 */
export function sqliteCacheStore(options: SqliteCacheStoreOptions): SqliteCacheStore {
  const settings = storeSettings('sqliteCacheStore', options, { maxBytes: option.integer(1) });
  const { maxBytes = MAX_CACHE_BYTES } = options;
  return openStore(settings, (connection, clock) => cacheStoreOver(connection, clock, maxBytes));
}

/** A cache over a connection that somebody else ends. */
export function cacheStoreOver(connection: Connection, clock: Clock, maxBytes: number): CacheStore {
  const entries = new CacheEntries(connection, maxBytes);
  const leases = new CacheLeases(connection);

  /** The pieces of an entry. One that was dropped or replaced in the meantime is none any more. */
  async function pieced({ id, pieces, first }: FoundEntry): Promise<Uint8Array | undefined> {
    const all = [first ?? new Uint8Array()];
    for (let position = 1; position < pieces; position++) {
      await setImmediate();
      const piece = await connection.look(() => entries.piece(id, position));
      if (!piece) return undefined;
      all.push(piece);
    }
    return Buffer.concat(all);
  }

  function bytesOf(found: FoundEntry | undefined): Promise<Uint8Array | undefined> | Uint8Array | undefined {
    if (!found || found.pieces > 1) return found && pieced(found);
    return found.first ?? undefined;
  }

  async function write(entry: NewEntry, bytes: Uint8Array): Promise<void> {
    const begin = (): Promise<number | undefined> =>
      connection.transaction(() => entries.begin(entry, clock.now()));
    let id = await begin();
    while (id === undefined) {
      await setImmediate();
      id = await begin();
    }
    for (let position = 1, isThere = true; isThere && position < entry.pieces; position++) {
      await setImmediate();
      isThere = await connection.transaction(() => {
        const added = entries.append(id, position, pieceOf(bytes, position));
        if (added && position === entry.pieces - 1) entries.finish(id, entry);
        return added;
      });
    }
  }

  const forget = (key: string): Promise<void> => connection.transaction(() => entries.forget(key));

  return {
    get(key) {
      const found = connection.look(() => entries.find(key, clock.now()));
      return found instanceof Promise ? found.then(bytesOf) : bytesOf(found);
    },
    async set(key, bytes, ttlMs) {
      const size = bytes.byteLength + OVERHEAD_BYTES;
      if (ttlMs <= 0 || size > maxBytes) return forget(key);
      const pieces = Math.max(1, Math.ceil(bytes.byteLength / PIECE_BYTES));
      const expires = clock.now() + ttlMs;
      await write({ key, size, pieces, first: pieceOf(bytes, 0), expires }, bytes);
    },
    delete: forget,
    leases: {
      async acquire(key, holder, leaseMs) {
        // Those who wait ask again and again: they do not queue up for the file's lock.
        if (await connection.look(() => leases.isTaken(key, holder, clock.now()))) return false;
        return connection.transaction(() => leases.take(key, holder, leaseMs, clock.now()));
      },
      release: (key, holder) => connection.transaction(() => leases.free(key, holder)),
    },
  };
}

function pieceOf(bytes: Uint8Array, position: number): Uint8Array {
  return bytes.subarray(position * PIECE_BYTES, (position + 1) * PIECE_BYTES);
}
