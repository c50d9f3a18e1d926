import { DatabaseSync } from 'node:sqlite';
import type { Ledger } from '@interpose/budget';
import { ledgerSuite } from '@interpose/budget/suite';
import { fakeClock } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { folder } from './file.test-support.ts';
import { sqliteLedger } from './sqlite-ledger.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

describe('the books in a file, over two connections', () => {
  const make = () => {
    const place = folder();
    const clock = fakeClock();
    const ledger = sqliteLedger({ path: place.file, clock });
    const second = sqliteLedger({ path: place.file, clock });
    const close = async () => {
      await ledger.close();
      await second.close();
      place[Symbol.dispose]();
    };
    return { ledger, second, advance: (ms: number) => clock.advance(ms), close };
  };
  for (const { name, run } of ledgerSuite(make)) test(name, run);
});

function entry(amount: number, account = 'a', keepMs = 10 * MINUTE) {
  return { account, cap: 1000, amount, keepMs };
}

async function stateOf(ledger: Ledger, account = 'a'): Promise<readonly [spent: unknown, held: unknown]> {
  const id = 'look';
  const { accounts } = await ledger.reserve({ id, leaseMs: MINUTE, entries: [{ ...entry(0, account, 0) }] });
  await ledger.settle({ id, amounts: {} });
  return [accounts[0]?.spent, accounts[0]?.held];
}

/** How many rows each table has. */
function rows(file: string): string {
  using database = new DatabaseSync(file);
  const count = (table: string) =>
    Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);
  return ['ledger_account', 'ledger_reservation', 'ledger_entry'].map(count).join(' ');
}

test('the books outlive whoever keeps them', async () => {
  using place = folder();
  const clock = fakeClock();
  const before = sqliteLedger({ path: place.file, clock });
  await before.reserve({ id: '1', leaseMs: MINUTE, entries: [entry(60)] });
  await before.reserve({ id: '2', leaseMs: MINUTE, entries: [entry(5)] });
  await before.settle({ id: '2', amounts: { a: 7 } });
  await before.close();
  await using after = sqliteLedger({ path: place.file, clock });
  expect(await stateOf(after)).toEqual([7, 60]);
  await after.settle({ id: '1', amounts: { a: 50 } });
  expect(await stateOf(after)).toEqual([57, 0]);
});

test('what lapsed is corrected for a day, and then it stays', async () => {
  using place = folder();
  const clock = fakeClock();
  await using ledger = sqliteLedger({ path: place.file, clock });
  for (const id of ['1', '2']) {
    await ledger.reserve({ id, leaseMs: MINUTE, entries: [entry(60, 'a', 7 * DAY), entry(1, 'b', 7 * DAY)] });
  }
  await clock.advance(DAY);
  expect(await stateOf(ledger)).toEqual([120, 0]);
  await ledger.settle({ id: '1', amounts: { a: 10, b: 1 } });
  expect(await stateOf(ledger)).toEqual([70, 0]);
  await clock.advance(2 * MINUTE);
  expect(await stateOf(ledger)).toEqual([70, 0]);
  expect(await ledger.settle({ id: '2', amounts: { a: 10 } })).toEqual([]);
  expect(await stateOf(ledger)).toEqual([70, 0]);
  expect(await stateOf(ledger, 'b')).toEqual([2, 0]);
});

test('accounts are forgotten when they are of no use, and nothing is left of them', async () => {
  using place = folder();
  const clock = fakeClock();
  await using ledger = sqliteLedger({ path: place.file, clock });
  for (let number = 0; number < 50; number++) {
    const id = String(number);
    await ledger.reserve({ id, leaseMs: MINUTE, entries: [entry(1, `a${number}`), entry(1, 'all', DAY)] });
    if (number % 2 === 0) await ledger.settle({ id, amounts: { all: 1 } });
  }
  expect(rows(place.file)).toBe('51 25 50');
  await clock.advance(12 * MINUTE);
  for (let number = 0; number < 3; number++) await stateOf(ledger, 'all');
  expect(rows(place.file)).toBe('1 25 25');
  // A call that ends after its account was forgotten does not make one that owes.
  expect(await ledger.settle({ id: '1', amounts: { a1: 0, all: 2 } })).toEqual([
    { account: 'all', spent: 51, held: 0 },
  ]);
  await clock.advance(3 * DAY);
  for (let number = 0; number < 3; number++) await stateOf(ledger, 'new');
  expect(rows(place.file)).toBe('1 0 0');
});

test('an account of a call that is under way is not forgotten, nor does it stand in the way of others', async () => {
  using place = folder();
  const clock = fakeClock();
  await using ledger = sqliteLedger({ path: place.file, clock });
  for (let number = 0; number < 45; number++) {
    const entries = [entry(1, `long${number}`, 0)];
    await ledger.reserve({ id: String(number), leaseMs: DAY, entries });
  }
  await ledger.reserve({ id: 'short', leaseMs: MINUTE, entries: [entry(1, 'short', 1)] });
  await clock.advance(3 * MINUTE);
  for (let number = 0; number < 4; number++)
    await ledger.reserve({ id: `e${number}`, leaseMs: 1, entries: [] });
  expect(rows(place.file)).toBe('45 50 45');
});

test('amounts that would not be exact are refused, and change nothing', async () => {
  using place = folder();
  await using ledger = sqliteLedger({ path: place.file, clock: fakeClock() });
  const most = Number.MAX_SAFE_INTEGER;
  const huge = { account: 'a', cap: Infinity, amount: most, keepMs: Infinity };
  await ledger.reserve({ id: '1', leaseMs: MINUTE, entries: [huge] });
  const code = { code: 'sqlite_out_of_range' };
  await expect(
    ledger.reserve({ id: '2', leaseMs: MINUTE, entries: [{ ...huge, amount: 1 }] }),
  ).rejects.toMatchObject(code);
  await expect(ledger.settle({ id: '1', amounts: { a: 0.5 } })).rejects.toMatchObject(code);
  await ledger.settle({ id: '1', amounts: { a: most } });
  const { exceeded } = await ledger.reserve({ id: '3', leaseMs: MINUTE, entries: [entry(1)] });
  expect(exceeded).toEqual({ account: 'a', spent: most, held: 0 });
});

test('a lease without end can lapse in no sum', async () => {
  using place = folder();
  const clock = fakeClock();
  await using ledger = sqliteLedger({ path: place.file, clock });
  await ledger.reserve({ id: '1', leaseMs: MINUTE, entries: [entry(5, 'a', Infinity)] });
  await ledger.reserve({ id: '2', leaseMs: Infinity, entries: [entry(3, 'a', Infinity)] });
  await clock.advance(DAY);
  expect(await stateOf(ledger)).toEqual([5, 3]);
});

test('names stay whole, on any Node', async () => {
  using place = folder();
  await using ledger = sqliteLedger({ path: place.file, clock: fakeClock() });
  const names = ['a\0b', 'a\0c', '\ud83c', '\ud83d', '\\', '\\u0000', '__proto__', 'constructor'];
  await ledger.reserve({ id: '1', leaseMs: MINUTE, entries: names.map((name, index) => entry(index, name)) });
  const posting = {
    day: '2026-01-01',
    tenant: '',
    user: '',
    model: '',
    calls: 1,
    inputTokens: 1,
    outputTokens: 1,
  };
  const settled = await ledger.settle({
    id: '1',
    amounts: {},
    posting: { ...posting, endpoint: names.join(), cost: 1, unpriced: 0 },
  });
  expect(settled).toEqual(names.map((account) => ({ account, spent: 0, held: 0 })));
  expect((await ledger.spend())[0]?.endpoint).toBe(names.join());
});
