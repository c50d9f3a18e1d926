import type { InjectionToken } from '@interpose/core';

/**
 * Keeps entries. What an entry holds is the cache's affair: a store sees keys and bytes. It may lose what it likes at any
 * time, but never answers with the bytes of another key.
 *
 * Each step ends in bounded time; a cache waits for none of them for long. Any implementation has to pass
 * `cacheStoreSuite` of `@interpose/cache/suite`.
 */
export interface CacheStore {
  /** What is kept under a key and has not expired. The bytes are not to be changed. */
  get(key: string): Promise<Uint8Array | undefined> | Uint8Array | undefined;
  /** Keeps `bytes` for `ttlMs`, in the place of what was kept. */
  set(key: string, bytes: Uint8Array, ttlMs: number): Promise<void> | void;
  /** Forgets a key. */
  delete(key: string): Promise<void> | void;
  /** Of a store that processes share: lets one of them do the work for all. */
  readonly leases?: CacheLeases;
  /** Ends what it holds open. */
  close?(): Promise<void> | void;
}

/** Who asks the provider, among processes that want the same. */
export interface CacheLeases {
  /** Takes or prolongs the lease on a key; false where somebody else holds it. */
  acquire(key: string, holder: string, leaseMs: number): Promise<boolean>;
  /** Gives it back, if it is still the holder's. */
  release(key: string, holder: string): Promise<void>;
}

/** Where answers are kept. @default in memory, of one layer */
export const CACHE_STORE: InjectionToken<CacheStore> = Symbol.for('interpose.CACHE_STORE');
