import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LEDGER, type Ledger } from '@interpose/budget';
import { CACHE_STORE, type CacheStore } from '@interpose/cache';
import { CLOCK, controlLayer, provide, type Plugin } from '@interpose/core';
import { LIMIT_STORE, type LimitStore } from '@interpose/limit';
import { fakeClock } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { folder } from './file.test-support.ts';
import { sqliteCacheStore } from './sqlite-cache-store.ts';
import { sqliteLedger } from './sqlite-ledger.ts';
import { sqlite } from './sqlite.ts';

/** A unit that wants a ledger. */
function user(): { readonly plugin: Plugin; readonly ledgers: Ledger[] } {
  const ledgers: Ledger[] = [];
  const create: Plugin['create'] = (container) => {
    ledgers.push(container.resolve(LEDGER), container.resolve(LEDGER));
    return (next) => next;
  };
  return { ledgers, plugin: { name: 'user', create } };
}

const reservation = { id: '1', leaseMs: 1000, entries: [{ account: 'a', cap: 5, amount: 3, keepMs: 1000 }] };

test('a layer keeps its books in the file, by its own clock, and closes it', async () => {
  using place = folder();
  const { plugin, ledgers } = user();
  const clock = fakeClock();
  const layer = controlLayer([sqlite({ path: place.file }), plugin, provide(CLOCK, clock)]);
  const [ledger, again] = ledgers;
  expect(ledger).toBe(again);
  expect((await ledger?.reserve(reservation))?.at).toBe(clock.now());
  expect(existsSync(`${place.file}-wal`)).toBe(true);
  await layer.close();
  await layer.close();
  expect(existsSync(`${place.file}-wal`)).toBe(false);
  await expect(ledger?.reserve(reservation)).rejects.toMatchObject({ code: 'sqlite_closed' });
  await using report = sqliteLedger({ path: place.file, clock });
  expect((await report.reserve(reservation)).accounts).toEqual([{ account: 'a', spent: 0, held: 3 }]);
});

test('the counts of limits are in the same file, over the same connection', async () => {
  using place = folder();
  const got: (LimitStore | Ledger)[] = [];
  const plugin: Plugin = {
    name: 'user',
    create(container) {
      got.push(container.resolve(LIMIT_STORE), container.resolve(LIMIT_STORE), container.resolve(LEDGER));
      return (next) => next;
    },
  };
  const clock = fakeClock();
  const layer = controlLayer([sqlite({ path: place.file }), plugin, provide(CLOCK, clock)]);
  const [limits, again, ledger] = got as [LimitStore, LimitStore, Ledger];
  expect(limits).toBe(again);
  const slot = { key: 's', id: '1', limit: 1, leaseMs: 60_000 };
  // One after the other, in the order in which they were asked for.
  const order: string[] = [];
  await Promise.all([
    limits.take({ rates: [], slot }).then(({ at }) => order.push(`taken at ${at === clock.now()}`)),
    ledger.reserve(reservation).then(() => order.push('held')),
    limits.settle({ rates: [], slots: [slot] }).then(() => order.push('freed')),
  ]);
  expect(order).toEqual(['taken at true', 'held', 'freed']);
  await layer.close();
  await expect(limits.take({ rates: [] })).rejects.toMatchObject({ code: 'sqlite_closed' });
});

test('two layers share what is in the file', async () => {
  using place = folder();
  const { plugin, ledgers } = user();
  await using one = controlLayer([sqlite({ path: place.file }), plugin]);
  await using two = controlLayer([sqlite({ path: place.file }), plugin]);
  await ledgers[0]?.reserve(reservation);
  const other = await ledgers[2]?.reserve({ ...reservation, id: '2' });
  expect(other?.exceeded).toEqual({ account: 'a', spent: 0, held: 3 });
  expect([one, two].map((layer) => layer.describe().units[0])).toMatchObject([
    { name: 'sqlite' },
    { name: 'sqlite' },
  ]);
});

describe('what is cached', () => {
  /** A unit that wants the store, twice. */
  const caching = (stores: CacheStore[]): Plugin => ({
    name: 'caching',
    create(container) {
      stores.push(container.resolve(CACHE_STORE), container.resolve(CACHE_STORE));
      return (next) => next;
    },
  });
  const bytes = Uint8Array.of(1, 2, 3);

  test('is in the same file', async () => {
    using place = folder();
    const stores: CacheStore[] = [];
    const clock = fakeClock();
    const layer = controlLayer([sqlite({ path: place.file }), caching(stores), provide(CLOCK, clock)]);
    const [store, again] = stores;
    expect(store).toBe(again);
    await store?.set('a', bytes, 1000);
    await layer.close();
    await expect(store?.get('a')).rejects.toMatchObject({ code: 'sqlite_closed' });
    await using look = sqliteCacheStore({ path: place.file, clock });
    expect(await look.get('a')).toEqual(bytes);
    await clock.advance('1s');
    expect(await look.get('a')).toBeUndefined();
  });

  test('is in a file of its own where it is to be, which is made when it is asked for', async () => {
    using place = folder();
    const cachePath = join(place.path, 'cache.db');
    const plugin = sqlite({ path: place.file, cachePath, maxCacheBytes: 5000 });
    await controlLayer([plugin]).close();
    expect(existsSync(cachePath)).toBe(false);
    const stores: CacheStore[] = [];
    const { plugin: other, ledgers } = user();
    const layer = controlLayer([plugin, caching(stores), other]);
    await stores[0]?.set('a', bytes, 60_000);
    await stores[0]?.set('large', new Uint8Array(5000), 60_000);
    await ledgers[0]?.reserve(reservation);
    await layer.close();
    expect([existsSync(cachePath), existsSync(`${cachePath}-wal`)]).toEqual([true, false]);
    await using own = sqliteCacheStore({ path: cachePath });
    expect([await own.get('a'), await own.get('large')]).toEqual([bytes, undefined]);
    await using first = sqliteCacheStore({ path: place.file });
    expect(await first.get('a')).toBeUndefined();
  });

  test('a file of its own that cannot be used shows when the layer is built', () => {
    using place = folder();
    const plugin = sqlite({ path: place.file, cachePath: '/nowhere/cache.db' });
    expect(() => controlLayer([plugin, caching([])])).toThrow(/nowhere.* cannot be opened/);
  });
});

test('a layer that nobody asks for a ledger closes the file as well', async () => {
  using place = folder();
  const layer = controlLayer([sqlite({ path: place.file })]);
  expect(existsSync(`${place.file}-wal`)).toBe(true);
  await layer.close();
  expect(existsSync(`${place.file}-wal`)).toBe(false);
});

test('a file that cannot be used shows when the layer is built', () => {
  expect(() => controlLayer([sqlite({ path: '/nowhere/layer.db' })])).toThrow(/nowhere.* cannot be opened/);
});

test('options are checked', () => {
  const errors = [{}, { path: '' }, { path: 'x', busyTimeout: -1 as const }, { path: 'x', file: 'y' }].map(
    (options) => {
      try {
        return sqlite(options as never).name;
      } catch (error) {
        return (error as Error).message;
      }
    },
  );
  expect(errors).toEqual([
    'sqlite: path must be a non-empty string, got undefined',
    'sqlite: path must be a non-empty string, got ""',
    "sqlite: busyTimeout must be a duration such as 250, '250ms', '2s' or '1h', got -1",
    'sqlite: unknown option file; known are path, busyTimeout, cachePath, maxCacheBytes',
  ]);
  expect(() => sqliteLedger({} as never)).toThrow(
    'sqliteLedger: path must be a non-empty string, got undefined',
  );
});
