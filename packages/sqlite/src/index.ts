// For users.
export { sqlite } from './sqlite.ts';
export type { SqliteOptions } from './sqlite.ts';
export { sqliteLedger } from './sqlite-ledger.ts';
export type { SqliteLedger, SqliteLedgerOptions } from './sqlite-ledger.ts';
export { sqliteLimitStore } from './sqlite-limit-store.ts';
export type { SqliteLimitStore } from './sqlite-limit-store.ts';
export { sqliteCacheStore } from './sqlite-cache-store.ts';
export type { SqliteCacheStore, SqliteCacheStoreOptions } from './sqlite-cache-store.ts';
export type { Closable, SqliteStoreOptions } from './store-options.ts';
export { SqliteError } from './sqlite-error.ts';
export type { SqliteErrorCode } from './sqlite-error.ts';
