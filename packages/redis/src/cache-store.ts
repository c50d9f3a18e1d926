import type { CacheStore } from '@interpose/cache';
import { RESP_TYPES } from '@redis/client';
import { ACQUIRE, RELEASE } from './cache-scripts.ts';
import type { BytesClient, RedisClient } from './connection.ts';
import type { Scripts } from './script.ts';

// Longer than anybody's use of an entry, and still in what PX takes.
const FOREVER_MS = 3_000_000_000_000;
const IN_BYTES = { [RESP_TYPES.BLOB_STRING]: Buffer };

/** Keeps entries in Redis: each one key, which ends by itself. */
export function cacheStoreOver(server: Scripts, prefix: string): CacheStore {
  // No braces: each step is of one key, so that a cluster may spread them over all of its nodes.
  const entryKey = (key: string): string => `${prefix}:cache:${key}`;
  const leaseKey = (key: string): string => `${prefix}:cache-lease:${key}`;

  const forget = async (key: string): Promise<void> => {
    await server.send((client) => inBytes(client).del(entryKey(key)));
  };

  return {
    async get(key) {
      return (await server.send((client) => inBytes(client).get(entryKey(key)))) ?? undefined;
    },
    async set(key, bytes, ttlMs) {
      if (ttlMs <= 0) return forget(key);
      const { buffer, byteOffset, byteLength } = bytes;
      const value = Buffer.from(buffer, byteOffset, byteLength);
      await server.send((client) => inBytes(client).set(entryKey(key), value, { PX: span(ttlMs) }));
    },
    delete: forget,
    leases: {
      async acquire(key, holder, leaseMs) {
        const [taken] = await server.run(ACQUIRE, leaseKey(key), [holder, String(span(leaseMs))]);
        return taken === '1';
      },
      async release(key, holder) {
        await server.run(RELEASE, leaseKey(key), [holder]);
      },
    },
  };
}

/** A client answers in text by default, which would lose what is no UTF-8. */
function inBytes(client: RedisClient): BytesClient {
  return client.withTypeMapping?.(IN_BYTES) as BytesClient;
}

function span(ms: number): number {
  return Math.ceil(Math.min(ms, FOREVER_MS));
}
