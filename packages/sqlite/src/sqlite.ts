import { LEDGER, type Ledger } from '@interpose/budget';
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
import { ledgerOver } from './sqlite-ledger.ts';
import { limitStoreOver } from './sqlite-limit-store.ts';

/** Options of {@link sqlite}. */
export interface SqliteOptions {
  /** The file; it is made where there is none, its folder is not. */
  path: string;
  /** How long a step waits for other processes before it fails. @default '5s' */
  busyTimeout?: Duration;
}

/**
 * Provides `LEDGER` and `LIMIT_STORE` in a file that outlives the process, and that the processes of one machine share.
 *
 * The file is opened when the layer is built, which throws a `SqliteError` where that cannot be, and closed with it.
 *
 * @throws {ConfigurationError} naming the option that is wrong.
 */
export function sqlite(options: SqliteOptions): Plugin {
  checkOptions('sqlite', options, { path: option.string, busyTimeout: option.any });
  const { path, busyTimeout = '5s' } = options;
  if (path === undefined) throw ConfigurationError.option('sqlite', 'path', 'a non-empty string', path);
  const wait = milliseconds(busyTimeout, 'sqlite', 'busyTimeout');

  return {
    name: 'sqlite',
    register(container) {
      const database = openDatabase(path, wait);
      let connection: Connection | undefined;
      let ledger: Ledger | undefined;
      let limits: LimitStore | undefined;
      container.resolve(LIFETIME).onClose(() => (connection ? connection.close() : database.close()));
      // Built when they are first asked for: a plugin further in may still provide the clock.
      const connect = (services: DependencyContainer): Connection =>
        (connection ??= new Connection(database, {
          path,
          clock: services.resolve(CLOCK),
          random: services.resolve(RANDOM),
          busyTimeout: wait,
        }));
      container.register(LEDGER, {
        useFactory: (services) => (ledger ??= ledgerOver(connect(services), services.resolve(CLOCK))),
      });
      container.register(LIMIT_STORE, {
        useFactory: (services) => (limits ??= limitStoreOver(connect(services), services.resolve(CLOCK))),
      });
    },
    describe: () => ({ path, busyTimeout }),
  };
}
