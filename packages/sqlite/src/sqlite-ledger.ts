import type { Ledger, Reservation, ReserveResult, Settlement, SpendQuery, SpendRow } from '@interpose/budget';
import { option, type Clock } from '@interpose/core';
import { Books } from './books.ts';
import type { Connection } from './connection.ts';
import { Postings } from './postings.ts';
import { readOnlyLedger } from './read-only-ledger.ts';
import { openStore, storeSettings, type Closable, type SqliteStoreOptions } from './store-options.ts';

/** Options of {@link sqliteLedger}. */
export interface SqliteLedgerOptions extends SqliteStoreOptions {
  /**
   * For reports: `spend` alone works. The file has to be there; it is neither made, nor migrated, nor held open.
   *
   * @default false
   */
  readOnly?: boolean;
}

/** A ledger in a file. */
export type SqliteLedger = Omit<Ledger, 'close'> & Closable;

/**
 * Opens the books without a layer: for reports, and for tools.
 *
 * @throws {ConfigurationError} for a wrong option.
 * @throws {SqliteError} when the file cannot be used.
 */
export function sqliteLedger(options: SqliteLedgerOptions): SqliteLedger {
  const settings = storeSettings('sqliteLedger', options, { readOnly: option.boolean });
  const { readOnly = false } = options;
  return readOnly ? readOnlyLedger(settings) : openStore(settings, ledgerOver);
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
