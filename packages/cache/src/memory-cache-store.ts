import { ConfigurationError, systemClock, type Clock } from '@interpose/core';
import { LRUCache } from 'lru-cache';
import type { CacheStore } from './cache-store.ts';

/** Options of {@link memoryCacheStore}. */
export interface MemoryCacheStoreOptions {
  /** What all entries together may take, in bytes, with what it takes to keep them. @default 64 MiB */
  maxBytes?: number;
  /** @default the clock of the machine */
  clock?: Clock;
}

// What an entry takes besides its bytes: its key, a slot of the cache, an object and a buffer. Measured with Node 24.
const OVERHEAD_BYTES = 600;

/**
 * Keeps entries in this process, for one layer or for several that share it. Whatever was not asked for the longest goes
 * first when there is no more room.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function memoryCacheStore(options: MemoryCacheStoreOptions = {}): CacheStore {
  const { maxBytes = 64 * 1024 * 1024, clock = systemClock } = options;
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
    throw ConfigurationError.option('memoryCacheStore', 'maxBytes', 'an integer >= 1', maxBytes);
  }
  const entries = new LRUCache<string, Uint8Array>({
    maxSize: maxBytes,
    sizeCalculation: (bytes) => bytes.byteLength + OVERHEAD_BYTES,
    // It takes 0 for no time at all.
    perf: { now: () => 1 + clock.monotonic() },
    // Asked each time: else it sets a timer.
    ttlResolution: 0,
  });
  return {
    get: (key) => entries.get(key),
    set: (key, bytes, ttlMs) => {
      // A copy of its own: a small buffer is a view of a larger one, which it would keep alive.
      const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes);
      // 0 would mean for ever.
      if (ttlMs > 0) entries.set(key, own, { ttl: ttlMs });
      else entries.delete(key);
    },
    delete: (key) => void entries.delete(key),
  };
}
