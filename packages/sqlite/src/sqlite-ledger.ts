import type { Ledger, Reservation, ReserveResult, Settlement, SpendQuery, SpendRow } from '@interpose/budget';
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
import { Books } from './books.ts';
import { Connection } from './connection.ts';
import { openDatabase } from './database.ts';
import { Postings } from './postings.ts';

/** Options of {@link sqliteLedger}. */
export interface SqliteLedgerOptions {
  /** The file; it is made where there is none, its folder is not. */
  path: string;
  /** @default the machine's */
  clock?: Clock;
  /** @default the runtime's */
  random?: Random;
  /** How long a step waits for other processes before it fails. @default '5s' */
  busyTimeout?: Duration;
}

/** A ledger in a file. */
export interface SqliteLedger extends Ledger {
  /** Ends the connection, after the steps that were asked for. Safe to call twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens the books without a layer: for reports, and for tools.
 *
 * @throws {ConfigurationError} for a wrong option.
 * @throws {SqliteError} when the file cannot be used.
 */
export function sqliteLedger(options: SqliteLedgerOptions): SqliteLedger {
  checkOptions('sqliteLedger', options, {
    path: option.string,
    clock: option.object,
    random: option.object,
    busyTimeout: option.any,
  });
  const { path, clock = systemClock, random = systemRandom, busyTimeout = '5s' } = options;
  if (path === undefined) throw ConfigurationError.option('sqliteLedger', 'path', 'a non-empty string', path);
  const wait = milliseconds(busyTimeout, 'sqliteLedger', 'busyTimeout');
  const database = openDatabase(path, wait);
  const connection = new Connection(database, { path, clock, random, busyTimeout: wait });
  const close = (): Promise<void> => connection.close();
  return { ...ledgerOver(connection, clock), close, [Symbol.asyncDispose]: close };
}

/** Keeps the books over a connection that somebody else ends. */
export function ledgerOver(connection: Connection, clock: Clock): Ledger {
  const books = new Books(connection, clock);
  const postings = new Postings(connection);
  return {
    reserve: (reservation: Reservation): Promise<ReserveResult> =>
      connection.transaction(() => books.reserve(reservation)),
    settle: ({ posting, ...settlement }: Settlement) =>
      connection.transaction(() => {
        const states = books.settle(settlement);
        if (!states) return [];
        if (posting) postings.add(posting);
        return states;
      }),
    renew: (ids: readonly string[], leaseMs: number) =>
      connection.transaction(() => books.renew(ids, leaseMs)),
    spend: (query?: SpendQuery): Promise<SpendRow[]> => connection.read(() => postings.report(query)),
  };
}
