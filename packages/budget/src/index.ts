// For users.
export { LEDGER } from './ledger.ts';
export { memoryLedger } from './memory-ledger.ts';

// For authors of ledgers.
export type {
  AccountState,
  Entry,
  Ledger,
  Posting,
  Reservation,
  ReserveResult,
  Settlement,
  SpendGroup,
  SpendQuery,
  SpendRow,
} from './ledger.ts';
export { report } from './report.ts';
