import { deepStrictEqual as equal, ok } from 'node:assert';
import type { CacheLeases, CacheStore } from '../cache-store.ts';
import { suiteOf, type SuiteCase } from './suite-of.ts';

/** A store under test, with a hand on its time. */
export interface CacheStoreRig {
  readonly store: CacheStore;
  /** Another one over the same entries, as a second process has it. @default the same one */
  readonly second?: CacheStore;
  /** Lets time pass by the store's own clock. */
  readonly advance: (ms: number) => Promise<void>;
  /** Ends it. */
  close(): Promise<void>;
}

/**
 * Makes the tests that every {@link CacheStore} passes:
 *
 * ```ts no-run
 * for (const { name, run } of cacheStoreSuite(() => rigOfMine())) test(name, run);
 * ```
 *
 * @param make returns a store that keeps nothing yet, each time it is called.
 */
export function cacheStoreSuite(make: () => Promise<CacheStoreRig> | CacheStoreRig): readonly SuiteCase[] {
  return suiteOf(make, CASES);
}

const MINUTE = 60_000;
const KEY = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);
// Short, for stores whose time cannot be made to pass, and long enough for a slow machine.
const SHORT_MS = 1000;

async function kept(store: CacheStore, key = KEY): Promise<number[] | undefined> {
  const bytes = await store.get(key);
  return bytes && [...bytes];
}

const CASES: readonly (readonly [name: string, check: (rig: CacheStoreRig) => Promise<void>])[] = [
  [
    'gives back the very bytes, whatever they are',
    async ({ store }) => {
      const all = Uint8Array.from({ length: 256 }, (_, index) => index);
      for (const bytes of [all, new Uint8Array(), new Uint8Array(3_000_000).fill(7)]) {
        await store.set(KEY, bytes, MINUTE);
        const read = await store.get(KEY);
        ok(read && Buffer.compare(read, bytes) === 0);
      }
    },
  ],
  [
    'keeps what it was given, though the buffer is used for something else afterwards',
    async ({ store }) => {
      const buffer = Buffer.from([1, 2, 3, 4]);
      await store.set(KEY, buffer.subarray(1, 3), MINUTE);
      buffer.fill(9);
      equal(await kept(store), [2, 3]);
    },
  ],
  [
    'knows nothing of other keys',
    async ({ store }) => {
      await store.set(KEY, Uint8Array.of(1), MINUTE);
      equal(await store.get(OTHER), undefined);
      equal(await store.get(KEY.slice(1)), undefined);
      equal(await store.get(KEY.toUpperCase()), undefined);
    },
  ],
  [
    'puts the newer in the place of the older',
    async ({ store, second = store }) => {
      await store.set(KEY, Uint8Array.of(1), MINUTE);
      await second.set(KEY, Uint8Array.of(2), MINUTE);
      equal([await kept(store), await kept(second)], [[2], [2]]);
    },
  ],
  [
    'forgets what it is told to forget, also twice',
    async ({ store, second = store }) => {
      await store.set(KEY, Uint8Array.of(1), MINUTE);
      await store.set(OTHER, Uint8Array.of(2), MINUTE);
      await second.delete(KEY);
      await store.delete(KEY);
      equal([await kept(store), await kept(second), await kept(store, OTHER)], [undefined, undefined, [2]]);
    },
  ],
  [
    'forgets what has expired, and counts from the last time it was set',
    async ({ store, advance }) => {
      await store.set(KEY, Uint8Array.of(1), SHORT_MS);
      await store.set(OTHER, Uint8Array.of(2), SHORT_MS);
      equal(await kept(store), [1]);
      await store.set(OTHER, Uint8Array.of(3), MINUTE);
      await advance(SHORT_MS + 50);
      equal([await kept(store), await kept(store, OTHER)], [undefined, [3]]);
    },
  ],
  [
    'takes many at once',
    async ({ store, second = store }) => {
      const keys = Array.from({ length: 200 }, (_, index) => index.toString(16).padStart(64, '0'));
      await Promise.all(
        keys.map(async (key, index) => (index % 2 ? store : second).set(key, Uint8Array.of(index), MINUTE)),
      );
      equal(
        await Promise.all(keys.map((key) => kept(second, key))),
        keys.map((_, index) => [index]),
      );
    },
  ],
  [
    'leases a key to one at a time',
    leased(async (leases, second) => {
      equal(await leases.acquire(KEY, 'one', MINUTE), true);
      equal(await second.acquire(KEY, 'two', MINUTE), false);
      equal(await second.acquire(OTHER, 'two', MINUTE), true);
      equal(await leases.acquire(KEY, 'one', MINUTE), true);
      await second.release(KEY, 'two');
      equal(await second.acquire(KEY, 'two', MINUTE), false);
      await leases.release(KEY, 'one');
      equal(await second.acquire(KEY, 'two', MINUTE), true);
    }),
  ],
  [
    'leases a key to one of many who ask at once',
    leased(async (leases, second) => {
      const holders = Array.from({ length: 50 }, (_, index) => String(index));
      const all = await Promise.all(
        holders.map((holder, index) => (index % 2 ? leases : second).acquire(KEY, holder, MINUTE)),
      );
      equal(all.filter(Boolean).length, 1);
    }),
  ],
  [
    'takes a lease back that was not prolonged',
    leased(async (leases, second, advance) => {
      await leases.acquire(KEY, 'one', SHORT_MS);
      await leases.acquire(OTHER, 'one', SHORT_MS);
      await leases.acquire(OTHER, 'one', MINUTE);
      await advance(SHORT_MS + 50);
      equal(await second.acquire(KEY, 'two', MINUTE), true);
      equal(await second.acquire(OTHER, 'two', MINUTE), false);
      await leases.release(KEY, 'one');
      equal(await leases.acquire(KEY, 'one', MINUTE), false);
    }),
  ],
  [
    'keeps entries and leases apart',
    async ({ store }) => {
      if (!store.leases) return;
      await store.leases.acquire(KEY, 'one', MINUTE);
      equal(await store.get(KEY), undefined);
      await store.set(KEY, Uint8Array.of(1), MINUTE);
      await store.leases.release(KEY, 'one');
      equal(await kept(store), [1]);
    },
  ],
];

/** A test of leases, for stores that have some. */
function leased(
  check: (leases: CacheLeases, second: CacheLeases, advance: CacheStoreRig['advance']) => Promise<void>,
): (rig: CacheStoreRig) => Promise<void> {
  return async ({ store, second = store, advance }) => {
    if (store.leases && second.leases) await check(store.leases, second.leases, advance);
  };
}
