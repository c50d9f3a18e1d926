export { breakerStoreSuite } from './breaker-store-suite.ts';
export type { BreakerStoreCase, BreakerStoreRig } from './breaker-store-suite.ts';
