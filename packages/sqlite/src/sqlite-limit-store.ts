import type { Clock } from '@interpose/core';
import type { LimitSettlement, LimitStore, SlotRef, TakeAnswer, TakeRequest } from '@interpose/limit';
import type { Connection } from './connection.ts';
import { Counts } from './counts.ts';
import { openStore, storeSettings, type Closable, type SqliteStoreOptions } from './store-options.ts';

/** The counts of limits in a file. */
export type SqliteLimitStore = Omit<LimitStore, 'close'> & Closable;

/**
 * Opens the counts of limits without a layer: to share them among layers, as `limit({ store })`.
 *
 * @throws {ConfigurationError} for a wrong option.
 * @throws {SqliteError} when the file cannot be used.
 */
export function sqliteLimitStore(options: SqliteStoreOptions): SqliteLimitStore {
  return openStore(storeSettings('sqliteLimitStore', options), limitStoreOver);
}

/** Counts over a connection that somebody else ends. */
export function limitStoreOver(connection: Connection, clock: Clock): LimitStore {
  const counts = new Counts(connection, clock);
  return {
    take: (request: TakeRequest): Promise<TakeAnswer> => connection.transaction(() => counts.take(request)),
    settle: (settlement: LimitSettlement) => connection.transaction(() => counts.settle(settlement)),
    renew: (slots: readonly SlotRef[], leaseMs: number) =>
      connection.transaction(() => counts.renew(slots, leaseMs)),
  };
}
