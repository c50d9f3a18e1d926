export { cacheStoreSuite } from './cache-store-suite.ts';
export type { CacheStoreCase, CacheStoreRig } from './cache-store-suite.ts';
