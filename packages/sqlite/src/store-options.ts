import {
  ConfigurationError,
  checkOptions,
  milliseconds,
  option,
  systemClock,
  systemRandom,
  type Clock,
  type Duration,
  type OptionRule,
  type Random,
} from '@interpose/core';
import { Connection } from './connection.ts';
import { openDatabase } from './database.ts';
import type { Patience } from './patience.ts';

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
 * Checks the options of a store and fills in the defaults.
 *
 * @param unit whose options they are.
 * @param more rules of options that only this unit has.
 * @throws {ConfigurationError} for a wrong option.
 */
export function storeSettings(
  unit: string,
  options: SqliteStoreOptions,
  more: Readonly<Record<string, OptionRule>> = {},
): Patience {
  checkOptions(unit, options, {
    path: option.string,
    clock: option.object,
    random: option.object,
    busyTimeout: option.any,
    ...more,
  });
  const { path, clock = systemClock, random = systemRandom, busyTimeout = '5s' } = options;
  if (path === undefined) throw ConfigurationError.option(unit, 'path', 'a non-empty string', path);
  return { path, clock, random, busyTimeout: milliseconds(busyTimeout, unit, 'busyTimeout') };
}

/**
 * Opens a store with a connection of its own.
 *
 * @param make puts the store over the connection.
 * @throws {SqliteError} when the file cannot be used.
 */
export function openStore<T>(
  settings: Patience,
  make: (connection: Connection, clock: Clock) => T,
): T & Closable {
  const { path, clock, busyTimeout } = settings;
  const connection = new Connection(openDatabase(path, busyTimeout), settings);
  const close = (): Promise<void> => connection.close();
  return { ...make(connection, clock), close, [Symbol.asyncDispose]: close };
}
