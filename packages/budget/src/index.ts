// For users.
export { budget } from './budget.ts';
export type { BudgetOptions } from './options.ts';
export type { Limit, Unit } from './limit.ts';
export type { Every } from './window.ts';
export { BudgetExceededError, UnpricedModelError } from './budget-error.ts';
export { budgetWarning } from './booking.ts';
export type { BudgetWarning } from './booking.ts';
export { LEDGER, SPEND } from './ledger.ts';
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
  Spending,
} from './ledger.ts';
export { report } from './report.ts';
