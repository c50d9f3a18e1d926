import {
  ConfigurationError,
  checkOptions,
  milliseconds,
  option,
  systemClock,
  systemRandom,
  type Clock,
  type Duration,
  type Random,
} from '@interpose/core';
import { Connection } from './connection.ts';
import { openDatabase } from './database.ts';

/** Options of a store that is opened without a layer. */
export interface SqliteStoreOptions {
  /** The file; it is made where there is none, its folder is not. */
  path: string;
  /** @default the machine's */
  clock?: Clock;
  /** @default the runtime's */
  random?: Random;
  /** How long a step waits for other processes before it fails. @default '5s' */
  busyTimeout?: Duration;
}

/** How a store that was opened without a layer ends. */
export interface Closable {
  /** Ends the connection, after the steps that were asked for. Safe to call twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a store of its own connection.
 *
 * @param unit whose options they are.
 * @param make puts the store over the connection.
 * @throws {ConfigurationError} for a wrong option.
 * @throws {SqliteError} when the file cannot be used.
 */
export function openStore<T>(
  unit: string,
  options: SqliteStoreOptions,
  make: (connection: Connection, clock: Clock) => T,
): T & Closable {
  checkOptions(unit, options, {
    path: option.string,
    clock: option.object,
    random: option.object,
    busyTimeout: option.any,
  });
  const { path, clock = systemClock, random = systemRandom, busyTimeout = '5s' } = options;
  if (path === undefined) throw ConfigurationError.option(unit, 'path', 'a non-empty string', path);
  const wait = milliseconds(busyTimeout, unit, 'busyTimeout');
  const connection = new Connection(openDatabase(path, wait), { path, clock, random, busyTimeout: wait });
  const close = (): Promise<void> => connection.close();
  return { ...make(connection, clock), close, [Symbol.asyncDispose]: close };
}
