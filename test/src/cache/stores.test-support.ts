import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { CacheStore } from '@interpose/cache';
import type { Plugin } from '@interpose/core';
import { redis, redisCacheStore } from '@interpose/redis';
import { sqlite, sqliteCacheStore } from '@interpose/sqlite';
import { onTestFinished } from 'vitest';
import { redisServer } from '../../../packages/redis/src/redis-server.test-support.ts';

export type StoreKind = 'redis' | 'sqlite';

/** A place where entries are kept, for one test. */
export interface Place {
  /** What a layer takes to keep them there. */
  readonly plugin: Plugin;
  /** A URL, or a path. */
  readonly where: string;
  /** Another hand on the same entries. */
  readonly store: CacheStore;
  /** Under which keys there are any. */
  keys(): Promise<string[]>;
}

export const places: Readonly<Record<StoreKind, () => Promise<Place>>> = {
  async redis() {
    const server = await redisServer();
    onTestFinished(() => server.stop());
    const options = { url: server.url, commandTimeout: '10s' } as const;
    const store = redisCacheStore(options);
    onTestFinished(() => store.close?.());
    const prefix = 'interpose:cache:';
    const keys = async (): Promise<string[]> => {
      const all = (await server.ask('KEYS', `${prefix}*`)) as string[];
      return all.map((key) => key.slice(prefix.length));
    };
    return { plugin: redis(options), where: server.url, store, keys };
  },
  async sqlite() {
    const folder = await mkdtemp(join(tmpdir(), 'interpose-cache-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'layer.db');
    const store = sqliteCacheStore({ path });
    onTestFinished(() => store.close());
    const keys = async (): Promise<string[]> => {
      using database = new DatabaseSync(path);
      return database
        .prepare('SELECT key FROM cache_entry')
        .all()
        .map(({ key }) => String(key));
    };
    return { plugin: sqlite({ path }), where: path, store, keys };
  },
};
