// For users.
export { sqlite } from './sqlite.ts';
export type { SqliteOptions } from './sqlite.ts';
export { sqliteLedger } from './sqlite-ledger.ts';
export type { SqliteLedger, SqliteLedgerOptions } from './sqlite-ledger.ts';
export { SqliteError } from './sqlite-error.ts';
export type { SqliteErrorCode } from './sqlite-error.ts';
