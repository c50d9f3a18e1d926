export { limitStoreSuite } from './limit-store-suite.ts';
export type { LimitStoreCase, LimitStoreRig } from './limit-store-suite.ts';
