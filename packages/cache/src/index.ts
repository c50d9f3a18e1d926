// For users.
export { cache } from './cache.ts';
export type { CacheOptions } from './cache-options.ts';
export type { Mode } from './control.ts';
export { isDeterministic } from './deterministic.ts';
export { memoryCacheStore } from './memory-cache-store.ts';
export type { MemoryCacheStoreOptions } from './memory-cache-store.ts';
export { PartitionError } from './partition.ts';
export type { Partition } from './partition.ts';
export { StoreTimeoutError } from './guarded-store.ts';
export { LaggingReaderError } from './recording.ts';
export type { CacheState, Pace } from './replay.ts';

// For authors of stores, and of whatever listens.
export { CACHE_STORE } from './cache-store.ts';
export type { CacheLeases, CacheStore } from './cache-store.ts';
export * from './cache-events.ts';
export type { SkipReason } from './worth-keeping.ts';
