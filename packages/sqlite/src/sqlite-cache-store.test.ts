import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import { cacheStoreSuite } from '@interpose/cache/suite';
import { systemRandom } from '@interpose/core';
import { fakeClock } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { Connection } from './connection.ts';
import { openDatabase } from './database.ts';
import { folder } from './file.test-support.ts';
import { APPLICATION_ID, MIGRATIONS } from './schema.ts';
import { cacheStoreOver, sqliteCacheStore, type SqliteCacheStore } from './sqlite-cache-store.ts';
import { sqliteLedger } from './sqlite-ledger.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const KIB = 1024;
// Of many pieces.
const LARGE = 2000 * KIB;

describe('a cache in a file, over two connections', () => {
  const make = () => {
    const place = folder();
    const clock = fakeClock();
    const store = sqliteCacheStore({ path: place.file, clock });
    const second = sqliteCacheStore({ path: place.file, clock });
    return {
      store,
      second,
      advance: (ms: number) => clock.advance(ms),
      close: async () => {
        await store.close();
        await second.close();
        place[Symbol.dispose]();
      },
    };
  };
  for (const { name, run } of cacheStoreSuite(make)) test(name, run);
});

function filled(bytes: number, value = 1): Uint8Array {
  return new Uint8Array(bytes).fill(value);
}

/** Which of the keys there is something under. */
async function kept(store: SqliteCacheStore, keys: string): Promise<string> {
  let there = '';
  for (const key of keys) if (await store.get(key)) there += key;
  return there;
}

/** How many rows each table has, and what is counted for all. */
function rows(file: string): Record<string, number> {
  using database = new DatabaseSync(file);
  const one = (text: string) => Number(Object.values(database.prepare(text).get() ?? {})[0]);
  return {
    entries: one('SELECT count(*) FROM cache_entry'),
    pieces: one('SELECT count(*) FROM cache_piece'),
    leases: one('SELECT count(*) FROM cache_lease'),
    size: one('SELECT size FROM cache_total'),
    sum: one('SELECT coalesce(sum(size), 0) FROM cache_entry'),
  };
}

test('what is kept outlives whoever kept it', async () => {
  using place = folder();
  const before = sqliteCacheStore({ path: place.file });
  await before.set('a', filled(LARGE, 7), HOUR);
  await before.close();
  await using after = sqliteCacheStore({ path: place.file });
  expect(Buffer.compare((await after.get('a')) ?? filled(0), filled(LARGE, 7))).toBe(0);
});

describe('the room that there is', () => {
  test('what was not asked for the longest goes first', async () => {
    using place = folder();
    const clock = fakeClock();
    await using store = sqliteCacheStore({ path: place.file, clock, maxBytes: 400 * KIB });
    for (const key of 'abc') {
      await store.set(key, filled(100 * KIB), HOUR);
      await clock.advance('2m');
    }
    expect(await kept(store, 'a')).toBe('a');
    await store.set('d', filled(100 * KIB), HOUR);
    expect(await kept(store, 'abcd')).toBe('acd');
  });

  test('is never exceeded, not even on the disk, and is counted exactly', async () => {
    using place = folder();
    const maxBytes = 3 * LARGE;
    await using store = sqliteCacheStore({ path: place.file, clock: fakeClock(), maxBytes });
    await using second = sqliteCacheStore({ path: place.file, clock: fakeClock(), maxBytes });
    const sizes = [10, 5 * KIB, 100 * KIB, LARGE, 300 * KIB];
    for (let round = 0; round < 40; round++) {
      const size = sizes[round % sizes.length] ?? 0;
      await Promise.all([
        store.set(`k${round % 7}`, filled(size), HOUR),
        second.set(`k${round % 5}`, filled(size), HOUR),
      ]);
      const { size: counted, sum } = rows(place.file);
      expect(counted).toBe(sum);
      expect(counted).toBeLessThanOrEqual(maxBytes);
    }
    for (const key of ['k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6']) await store.delete(key);
    expect(rows(place.file)).toEqual({ entries: 0, pieces: 0, leases: 0, size: 0, sum: 0 });
    await Promise.all([store.close(), second.close()]);
    expect(statSync(place.file).size).toBeLessThan(1.1 * maxBytes);
  });

  test('a large one drives out as many small ones as it takes, a few in each step', async () => {
    using place = folder();
    await using store = sqliteCacheStore({ path: place.file, clock: fakeClock(), maxBytes: 600 * KIB });
    for (let number = 0; number < 250; number++) await store.set(`small${number}`, filled(KIB), HOUR);
    const over = new AbortController();
    const set = Promise.resolve(store.set('large', filled(500 * KIB), HOUR)).finally(() => over.abort());
    let turns = 0;
    for (; !over.signal.aborted; turns++) await setImmediate();
    await set;
    expect(turns).toBeGreaterThan(5);
    expect(await kept(store, '')).toBe('');
    expect((await store.get('large'))?.byteLength).toBe(500 * KIB);
    expect(rows(place.file).size).toBeLessThanOrEqual(600 * KIB);
  });

  test('what is larger than all of it is not kept, drives nothing out, and takes the place of the older', async () => {
    using place = folder();
    await using store = sqliteCacheStore({ path: place.file, clock: fakeClock(), maxBytes: 50 * KIB });
    await store.set('a', filled(KIB), HOUR);
    await store.set('b', filled(KIB), HOUR);
    await store.set('b', filled(60 * KIB), HOUR);
    expect(await kept(store, 'ab')).toBe('a');
  });

  test('what has expired goes, a little at a time', async () => {
    using place = folder();
    const clock = fakeClock();
    await using store = sqliteCacheStore({ path: place.file, clock });
    for (let number = 0; number < 50; number++) await store.set(`k${number}`, filled(10), MINUTE);
    await clock.advance('2m');
    const left: (number | undefined)[] = [];
    for (let step = 0; step < 4; step++) {
      await store.set('k', filled(10), HOUR);
      left.push(rows(place.file)['entries']);
    }
    expect(left).toEqual([31, 11, 1, 1]);
  });
});

describe('an entry of many pieces', () => {
  test('lets others have their turn while it is written and read', async () => {
    using place = folder();
    await using store = sqliteCacheStore({ path: place.file, clock: fakeClock() });
    const order: string[] = [];
    const set = Promise.resolve(store.set('a', filled(LARGE), HOUR)).then(() => order.push('written'));
    await setImmediate();
    await store.leases?.acquire('b', 'one', MINUTE).then(() => order.push('leased'));
    await set;
    const get = Promise.resolve(store.get('a')).then((bytes) => order.push(`read ${bytes?.byteLength}`));
    await Promise.resolve(store.set('c', filled(1), HOUR)).then(() => order.push('set'));
    await get;
    expect(order).toEqual(['leased', 'written', 'set', `read ${LARGE}`]);
  });

  test('is not there before it is whole, and never with a piece of another', async () => {
    using place = folder();
    const clock = fakeClock();
    await using store = sqliteCacheStore({ path: place.file, clock });
    await using second = sqliteCacheStore({ path: place.file, clock });
    await store.set('a', filled(LARGE, 1), HOUR);
    const seen = new Set<string>();
    const over = new AbortController();
    const writing = (async () => {
      for (let value = 2; value < 12; value++) await store.set('a', filled(LARGE, value), HOUR);
      over.abort();
    })();
    while (!over.signal.aborted) {
      const bytes = await second.get('a');
      seen.add(bytes ? `${bytes.byteLength} ${new Set(bytes).size}` : 'nothing');
      await setImmediate();
    }
    await writing;
    seen.delete('nothing');
    expect([...seen]).toEqual([`${LARGE} 1`]);
  });

  test('is dropped while it is read: it is not found, though another has come in its place', async () => {
    using place = folder();
    await using store = sqliteCacheStore({ path: place.file });
    await store.set('a', filled(LARGE), HOUR);
    const reading = store.get('a');
    using other = new DatabaseSync(place.file);
    other.exec(`
      DELETE FROM cache_entry;
      INSERT INTO cache_entry (key, size, pieces, expires, used) VALUES ('b', 1, 8, 1e15, 1);
      WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 7)
        INSERT INTO cache_piece SELECT (SELECT id FROM cache_entry), i, x'02' FROM n`);
    expect(await reading).toBeUndefined();
    expect((await store.get('b'))?.byteLength).toBe(8);
  });

  test('is dropped while it is written: it is not kept, and leaves nothing', async () => {
    using place = folder();
    await using store = sqliteCacheStore({ path: place.file, clock: fakeClock() });
    const set = store.set('a', filled(LARGE), HOUR);
    await setImmediate();
    using other = new DatabaseSync(place.file);
    other.exec('DELETE FROM cache_entry');
    await set;
    expect(await store.get('a')).toBeUndefined();
    expect(rows(place.file)).toMatchObject({ entries: 0, pieces: 0, size: 0 });
  });

  test('of a process that died in the middle goes a minute later', async () => {
    using place = folder();
    const clock = fakeClock();
    await using store = sqliteCacheStore({ path: place.file, clock });
    const dying = sqliteCacheStore({ path: place.file, clock });
    const failed = Promise.resolve(dying.set('a', filled(LARGE), HOUR)).catch((error: Error) => error);
    await dying.close();
    expect(await failed).toMatchObject({ code: 'sqlite_closed' });
    expect(rows(place.file)['entries']).toBe(1);
    await store.set('b', filled(1), HOUR);
    expect(rows(place.file)['entries']).toBe(2);
    await clock.advance('1m');
    await store.set('c', filled(1), HOUR);
    expect(rows(place.file)).toMatchObject({ entries: 2, pieces: 2 });
  });
});

describe('leases', () => {
  test('a clock that is set back holds nobody up', async () => {
    using place = folder();
    const clock = fakeClock();
    await using store = sqliteCacheStore({ path: place.file, clock });
    const early = { ...clock, now: () => clock.now() - HOUR };
    await using second = sqliteCacheStore({ path: place.file, clock: early });
    expect(await store.leases?.acquire('a', 'one', MINUTE)).toBe(true);
    expect(await second.leases?.acquire('a', 'two', MINUTE)).toBe(true);
    expect(await second.leases?.acquire('a', 'three', MINUTE)).toBe(false);
  });

  test('those that nobody gave back are forgotten', async () => {
    using place = folder();
    const clock = fakeClock();
    await using store = sqliteCacheStore({ path: place.file, clock });
    for (let number = 0; number < 30; number++) await store.leases?.acquire(`k${number}`, 'one', 1000);
    await clock.advance('1s');
    await store.leases?.acquire('x', 'one', 1000);
    await store.leases?.acquire('y', 'one', 1000);
    expect(rows(place.file)['leases']).toBe(2);
  });
});

describe('a file that cannot be written to', () => {
  test('a locked one gives what it has all the same, at once', async () => {
    using place = folder();
    const clock = fakeClock();
    await using store = sqliteCacheStore({ path: place.file, clock, busyTimeout: '1s' });
    await store.set('a', filled(1), HOUR);
    await store.leases?.acquire('a', 'one', HOUR);
    using other = new DatabaseSync(place.file);
    other.exec('BEGIN IMMEDIATE');
    const steps = Promise.allSettled([
      store.set('b', filled(1), HOUR),
      store.set('c', filled(LARGE), HOUR),
      store.delete('a'),
      store.leases?.acquire('b', 'one', HOUR),
      store.leases?.release('a', 'one'),
    ]);
    // Neither waits for the steps before.
    expect(store.get('a')).toEqual(filled(1));
    expect(await store.leases?.acquire('a', 'two', HOUR)).toBe(false);
    await clock.advance('2s');
    const codes = (await steps).map((step) => step.status === 'rejected' && step.reason.code);
    expect(codes).toEqual(Array.from({ length: 5 }, () => 'sqlite_locked'));
    other.exec('ROLLBACK');
    await store.set('b', filled(1), HOUR);
    expect(await kept(store, 'abc')).toBe('ab');
  });

  test('a full one says so, gives what it has, and goes on when there is room', async () => {
    using place = folder();
    const clock = fakeClock();
    const patience = { path: place.file, clock, random: systemRandom, busyTimeout: 1000 };
    const connection = new Connection(openDatabase(place.file, 1000), patience);
    const store = cacheStoreOver(connection, clock, 100 * LARGE);
    await store.set('a', filled(KIB), HOUR);
    // As on a disk of 1 MiB.
    connection.database.exec('PRAGMA max_page_count = 256');
    const full = { name: 'SqliteError', code: 'sqlite_full' };
    for (const key of ['b', 'c']) {
      await expect(store.set(key, filled(LARGE), HOUR)).rejects.toMatchObject(full);
    }
    expect(await store.get('a')).toEqual(filled(KIB));
    expect(await store.get('b')).toBeUndefined();
    // What was written of them is dropped in time, and makes room.
    await clock.advance('1m');
    await store.set('d', filled(600 * KIB), HOUR);
    expect((await store.get('d'))?.byteLength).toBe(600 * KIB);
    await connection.close();
  });

  test('one that is closed', async () => {
    using place = folder();
    const store = sqliteCacheStore({ path: place.file });
    await store.close();
    for (const step of [
      store.get('a'),
      store.set('a', filled(1), HOUR),
      store.leases?.acquire('a', '1', 1),
    ]) {
      await expect(step).rejects.toMatchObject({ code: 'sqlite_closed' });
    }
  });
});

test('a file of the version before gets what is missing', async () => {
  using place = folder();
  {
    using old = new DatabaseSync(place.file);
    for (const migration of MIGRATIONS.slice(0, 2)) old.exec(migration);
    old.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 2`);
    old.exec("INSERT INTO ledger_account VALUES ('a', 7, 0, 4102444800000)");
  }
  await using store = sqliteCacheStore({ path: place.file });
  await store.set('a', filled(1), HOUR);
  expect(await kept(store, 'ab')).toBe('a');
  await using ledger = sqliteLedger({ path: place.file });
  const entries = [{ account: 'a', cap: 10, amount: 0, keepMs: 1000 }];
  expect((await ledger.reserve({ id: '1', leaseMs: 1000, entries })).accounts).toEqual([
    { account: 'a', spent: 7, held: 0 },
  ]);
});

test('keys and holders stay apart, on any Node', async () => {
  using place = folder();
  await using store = sqliteCacheStore({ path: place.file, clock: fakeClock() });
  const names = ['a\0b', 'a\0c', '\ud83c', '\ud83d', '\\', '\\u0000', '__proto__'];
  for (const [index, name] of names.entries()) await store.set(name, filled(1, index), HOUR);
  const read = [];
  for (const name of names) read.push(await store.get(name));
  expect(read).toEqual(names.map((_, index) => filled(1, index)));
  const taken = [];
  for (const holder of names) taken.push(await store.leases?.acquire('a', holder, HOUR));
  expect(taken).toEqual(names.map((_, index) => index === 0));
});

test('options are checked', () => {
  expect(() => sqliteCacheStore({ path: 'x', maxBytes: 0 })).toThrow(
    'sqliteCacheStore: maxBytes must be an integer >= 1, got 0',
  );
});

test('takes an entry though what is counted is wrong, and does not look for room for ever', async () => {
  using place = folder();
  await using store = sqliteCacheStore({ path: place.file, maxBytes: 100 * KIB });
  await store.set('a', filled(KIB), MINUTE);
  {
    using database = new DatabaseSync(place.file);
    database.exec(`UPDATE cache_total SET size = ${1000 * KIB}`);
  }
  await store.set('b', filled(KIB), MINUTE);
  expect(await kept(store, 'ab')).toBe('b');
});
