import type { DatabaseSync } from 'node:sqlite';
import { LEDGER, type Ledger } from '@interpose/budget';
import { CACHE_STORE, type CacheStore } from '@interpose/cache';
import {
  CLOCK,
  ConfigurationError,
  LIFETIME,
  RANDOM,
  checkOptions,
  milliseconds,
  option,
  type DependencyContainer,
  type Duration,
  type Plugin,
} from '@interpose/core';
import { LIMIT_STORE, type LimitStore } from '@interpose/limit';
import { Connection } from './connection.ts';
import { openDatabase } from './database.ts';
import { MAX_CACHE_BYTES, cacheStoreOver } from './sqlite-cache-store.ts';
import { ledgerOver } from './sqlite-ledger.ts';
import { limitStoreOver } from './sqlite-limit-store.ts';

/** Options of {@link sqlite}. */
export interface SqliteOptions {
  /** The file; it is made where there is none, its folder is not. */
  path: string;
  /** How long a step waits for other processes before it fails. @default '5s' */
  busyTimeout?: Duration;
  /** A file of its own for what is cached. @default `path` */
  cachePath?: string;
  /** What all that is cached may take, in bytes. What was not asked for the longest goes first. @default 256 MiB */
  maxCacheBytes?: number;
}

/**
 * Provides `LEDGER`, `LIMIT_STORE` and `CACHE_STORE` in a file that outlives the process, and that the processes of one machine share.
 *
 * The file is opened when the layer is built, which throws a `SqliteError` where that cannot be, and closed with it.
 *
 * @throws {ConfigurationError} naming the option that is wrong.
 */
export function sqlite(options: SqliteOptions): Plugin {
  checkOptions('sqlite', options, {
    path: option.string,
    busyTimeout: option.any,
    cachePath: option.string,
    maxCacheBytes: option.integer(1),
  });
  const { path, busyTimeout = '5s', cachePath = path, maxCacheBytes = MAX_CACHE_BYTES } = options;
  if (path === undefined) throw ConfigurationError.option('sqlite', 'path', 'a non-empty string', path);
  const wait = milliseconds(busyTimeout, 'sqlite', 'busyTimeout');

  const connected = (database: DatabaseSync, path: string, services: DependencyContainer): Connection =>
    new Connection(database, {
      path,
      clock: services.resolve(CLOCK),
      random: services.resolve(RANDOM),
      busyTimeout: wait,
    });

  return {
    name: 'sqlite',
    register(container) {
      const database = openDatabase(path, wait);
      let connection: Connection | undefined;
      let ledger: Ledger | undefined;
      let limits: LimitStore | undefined;
      let cache: CacheStore | undefined;
      const lifetime = container.resolve(LIFETIME);
      lifetime.onClose(() => (connection ? connection.close() : database.close()));
      // Built when they are first asked for: a plugin further in may still provide the clock.
      const connect = (services: DependencyContainer): Connection =>
        (connection ??= connected(database, path, services));
      const connectCache = (services: DependencyContainer): Connection => {
        if (cachePath === path) return connect(services);
        const own = connected(openDatabase(cachePath, wait), cachePath, services);
        lifetime.onClose(() => own.close());
        return own;
      };
      container.register(LEDGER, {
        useFactory: (services) => (ledger ??= ledgerOver(connect(services), services.resolve(CLOCK))),
      });
      container.register(LIMIT_STORE, {
        useFactory: (services) => (limits ??= limitStoreOver(connect(services), services.resolve(CLOCK))),
      });
      container.register(CACHE_STORE, {
        useFactory: (services) =>
          (cache ??= cacheStoreOver(connectCache(services), services.resolve(CLOCK), maxCacheBytes)),
      });
    },
    describe: () => ({ path, busyTimeout, cachePath, maxCacheBytes }),
  };
}
