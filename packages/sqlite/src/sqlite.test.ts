import { existsSync } from 'node:fs';
import { LEDGER, type Ledger } from '@interpose/budget';
import { CLOCK, controlLayer, provide, type Plugin } from '@interpose/core';
import { LIMIT_STORE, type LimitStore } from '@interpose/limit';
import { fakeClock } from '@interpose/testing';
import { expect, test } from 'vitest';
import { folder } from './file.test-support.ts';
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
    'sqlite: unknown option file; known are path, busyTimeout',
  ]);
  expect(() => sqliteLedger({} as never)).toThrow(
    'sqliteLedger: path must be a non-empty string, got undefined',
  );
});
