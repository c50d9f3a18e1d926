export { cacheStoreSuite } from './cache-store-suite.ts';
export type { CacheStoreRig } from './cache-store-suite.ts';
export type { SuiteCase } from './suite-of.ts';
