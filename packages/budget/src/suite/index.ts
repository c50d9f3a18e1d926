export { ledgerSuite } from './ledger-suite.ts';
export type { LedgerCase, LedgerRig } from './ledger-suite.ts';
