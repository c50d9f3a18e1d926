import { DatabaseSync } from 'node:sqlite';
import type { LimitStore, RateCost } from '@interpose/limit';
import { limitStoreSuite } from '@interpose/limit/suite';
import { fakeClock, type FakeClock } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { folder } from './file.test-support.ts';
import { APPLICATION_ID, MIGRATIONS } from './schema.ts';
import { sqliteLedger } from './sqlite-ledger.ts';
import { sqliteLimitStore } from './sqlite-limit-store.ts';

const SECOND = 1_000_000;
const HOUR_MS = 3_600_000;

describe('the counts in a file, over two connections', () => {
  const make = () => {
    const place = folder();
    const clock = fakeClock();
    const store = sqliteLimitStore({ path: place.file, clock });
    const second = sqliteLimitStore({ path: place.file, clock });
    const close = async () => {
      await store.close();
      await second.close();
      place[Symbol.dispose]();
    };
    return { store, second, advance: (ms: number) => clock.advance(ms), close };
  };
  for (const { name, run } of limitStoreSuite(make)) test(name, run);
});

/** A cost in seconds, of a rate that allows as much at once. */
function cost(seconds: number, key = 'a', keepSeconds = 60): RateCost {
  return { key, costUs: seconds * SECOND, burstUs: seconds * SECOND, keepUs: keepSeconds * SECOND };
}

async function waitOf(store: LimitStore, seconds = 10): Promise<number> {
  return (await store.take({ rates: [cost(seconds)] })).retryMs;
}

/** A clock of its own, `ms` off from the other one, that moves along with it. */
function off(clock: FakeClock, ms: number): FakeClock {
  const start = clock.monotonic();
  return { ...clock, now: () => clock.now() + ms, monotonic: () => clock.monotonic() - start };
}

/** How many rows each table has. */
function rows(file: string): string {
  using database = new DatabaseSync(file);
  const count = (table: string) =>
    Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);
  return ['limit_rate', 'limit_slot', 'limit_time'].map(count).join(' ');
}

test('the counts outlive whoever takes them', async () => {
  using place = folder();
  const clock = fakeClock();
  const slot = { key: 's', id: '1', limit: 1, leaseMs: HOUR_MS };
  const before = sqliteLimitStore({ path: place.file, clock });
  await before.take({ rates: [cost(10)], slot });
  await before.close();
  await clock.advance('4s');
  await using after = sqliteLimitStore({ path: place.file, clock: off(clock, 0) });
  expect(await waitOf(after)).toBe(6000);
  expect((await after.take({ rates: [], slot: { ...slot, id: '2' } })).retryMs).toBe(HOUR_MS - 4000);
});

describe('a clock that is set', () => {
  test.each([-HOUR_MS, HOUR_MS])('by %i ms moves nobody who runs', async (ms) => {
    using place = folder();
    const clock = fakeClock();
    let ahead = 0;
    const machine = { ...clock, now: () => clock.now() + ahead };
    await using store = sqliteLimitStore({ path: place.file, clock: machine });
    await waitOf(store);
    ahead = ms;
    await clock.advance('4s');
    expect(await waitOf(store)).toBe(6000);
  });

  test('back: whoever starts then goes on where the others are, and they wait no longer for it', async () => {
    using place = folder();
    const clock = fakeClock();
    await using store = sqliteLimitStore({ path: place.file, clock });
    await waitOf(store);
    await using late = sqliteLimitStore({ path: place.file, clock: off(clock, -HOUR_MS) });
    await clock.advance('4s');
    // As far as the file has seen; from then on with the others.
    expect(await waitOf(late)).toBe(10_000);
    expect(await waitOf(store)).toBe(6000);
    expect(await waitOf(late)).toBe(6000);
    await clock.advance('2s');
    expect(await waitOf(late)).toBe(4000);
    expect(await waitOf(store)).toBe(4000);
  });

  test('on: whoever starts then takes the others along, and gives them one burst', async () => {
    using place = folder();
    const clock = fakeClock();
    await using store = sqliteLimitStore({ path: place.file, clock });
    await waitOf(store);
    await using early = sqliteLimitStore({ path: place.file, clock: off(clock, HOUR_MS) });
    expect(await waitOf(early)).toBe(0);
    expect(await waitOf(store)).toBe(10_000);
    await clock.advance('4s');
    expect(await waitOf(store)).toBe(6000);
  });
});

test('a file of the first version gets what is missing, and keeps what it has', async () => {
  using place = folder();
  {
    using old = new DatabaseSync(place.file);
    old.exec(MIGRATIONS[0] ?? '');
    old.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 1`);
    old.exec("INSERT INTO ledger_account VALUES ('a', 7, 0, 4102444800000)");
  }
  await using store = sqliteLimitStore({ path: place.file });
  expect((await store.take({ rates: [cost(10)] })).taken).toBe(true);
  await using ledger = sqliteLedger({ path: place.file });
  const entries = [{ account: 'a', cap: 10, amount: 0, keepMs: 1000 }];
  expect((await ledger.reserve({ id: '1', leaseMs: 1000, entries })).accounts).toEqual([
    { account: 'a', spent: 7, held: 0 },
  ]);
});

test('what is of no use any more is forgotten, a little at a time', async () => {
  using place = folder();
  const clock = fakeClock();
  await using store = sqliteLimitStore({ path: place.file, clock });
  for (let number = 0; number < 50; number++) {
    const slot = { key: `s${number % 3}`, id: String(number), limit: 1000, leaseMs: 1000 };
    const long = { ...cost(10, 'long', 3600), burstUs: 3600 * SECOND };
    await store.take({ rates: [cost(10, `a${number}`), long], slot });
  }
  expect(rows(place.file)).toBe('51 50 1');
  await clock.advance('2m');
  for (let step = 0; step < 3; step++) await store.take({ rates: [] });
  expect(rows(place.file)).toBe('1 0 1');
});

test('times that would not be exact are refused, and change nothing', async () => {
  using place = folder();
  await using store = sqliteLimitStore({ path: place.file, clock: fakeClock() });
  const code = { name: 'SqliteError', code: 'sqlite_out_of_range' };
  for (const seconds of [0.000_000_5, 2 ** 53 / SECOND, Infinity]) {
    await expect(store.take({ rates: [cost(5, 'b'), cost(seconds)] })).rejects.toMatchObject(code);
    const rates = [{ key: 'a', deltaUs: seconds * SECOND, keepUs: SECOND }];
    await expect(store.settle({ rates, slots: [] })).rejects.toMatchObject(code);
  }
  expect(rows(place.file)).toBe('0 0 1');
});

test('what is to be kept for ever is, also a slot', async () => {
  using place = folder();
  const clock = fakeClock();
  await using store = sqliteLimitStore({ path: place.file, clock });
  const slot = { key: 's', id: '1', limit: 1, leaseMs: Infinity };
  expect((await store.take({ rates: [cost(10, 'a', Infinity)], slot })).taken).toBe(true);
  await clock.advance(1000 * HOUR_MS);
  expect((await store.take({ rates: [], slot: { ...slot, id: '2' } })).taken).toBe(false);
  expect(rows(place.file)).toBe('1 1 1');
});

test('keys and ids stay apart, on any Node', async () => {
  using place = folder();
  await using store = sqliteLimitStore({ path: place.file, clock: fakeClock() });
  const names = ['a\0b', 'a\0c', '\ud83c', '\ud83d', '\\', '\\u0000', '__proto__', 'constructor'];
  const answers: boolean[] = [];
  for (const key of names) {
    const slot = { key: 's', id: key, limit: names.length, leaseMs: HOUR_MS };
    answers.push((await store.take({ rates: [cost(10, key)], slot })).taken);
  }
  expect(answers).toEqual(names.map(() => true));
  const full = await store.take({ rates: [], slot: { key: 's', id: 'x', limit: names.length, leaseMs: 1 } });
  expect(full.short).toBe('s');
});

test('a locked file: a step waits as long as it may, says so, and changes nothing', async () => {
  using place = folder();
  const clock = fakeClock();
  await using store = sqliteLimitStore({ path: place.file, clock, busyTimeout: '1s' });
  using other = new DatabaseSync(place.file);
  other.exec('BEGIN IMMEDIATE');
  const slots = [{ key: 's', id: '1' }];
  const steps = Promise.allSettled([
    store.take({ rates: [cost(10)] }),
    store.settle({ rates: [], slots }),
    store.renew(slots, 1000),
  ]);
  await clock.advance('2s');
  const codes = (await steps).map((step) => step.status === 'rejected' && step.reason.code);
  expect(codes).toEqual(['sqlite_locked', 'sqlite_locked', 'sqlite_locked']);
  other.exec('ROLLBACK');
  expect(await waitOf(store)).toBe(0);
});
