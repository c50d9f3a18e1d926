import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Ledger } from '@interpose/budget';
import { ledgerSuite } from '@interpose/budget/suite';
import { sqliteLedger } from '@interpose/sqlite';
import { fakeClock } from '@interpose/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const CHILD = fileURLToPath(new URL('sqlite-processes.child.ts', import.meta.url));

function start(...args: string[]): ChildProcess {
  const execArgv = ['--conditions=@interpose/source', '--disable-warning=ExperimentalWarning'];
  return fork(CHILD, args, { execArgv, stdio: ['pipe', 'pipe', 'inherit', 'ipc'] });
}

function folder(): { readonly file: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'interpose-sqlite-'));
  return {
    file: join(path, 'layer.db'),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

async function stateOf(ledger: Ledger): Promise<readonly [spent: number, held: number]> {
  const entries = [{ account: 'a', cap: Number.MAX_SAFE_INTEGER, amount: 0, keepMs: 3_600_000 }];
  const { accounts } = await ledger.reserve({ id: 'look', leaseMs: 60_000, entries });
  await ledger.settle({ id: 'look', amounts: {} });
  return [accounts[0]?.spent ?? 0, accounts[0]?.held ?? 0];
}

test('four processes on one file, some of them killed: no more than the cap, and nothing acknowledged is lost', async () => {
  using place = folder();
  const leaseMs = 1500;
  // The first two go on until they are killed.
  const calls = ['Infinity', 'Infinity', '250', '250'];
  const children = calls.map((count) => start('spend', place.file, String(leaseMs), count));
  const acknowledged = children.map(() => 0);
  const exits = children.map(async (child, index) => {
    const last = index < 2 ? 20 + Math.floor(Math.random() * 60) : Infinity;
    child.stdout?.on('data', (dots: Buffer) => {
      acknowledged[index] = (acknowledged[index] ?? 0) + dots.length;
      if ((acknowledged[index] ?? 0) >= last) child.kill('SIGKILL');
    });
    const [code, signal] = await once(child, 'close');
    return signal ?? code;
  });
  await Promise.all(children.map((child) => once(child, 'message')));
  for (const child of children) child.send('go');

  await using ledger = sqliteLedger({ path: place.file });
  let most = 0;
  const isOver = Promise.all(exits).then(() => true);
  while (!(await Promise.race([isOver, setTimeout(10, false)]))) {
    const [spent, held] = await stateOf(ledger);
    most = Math.max(most, spent + held);
  }
  expect(await Promise.all(exits)).toEqual(['SIGKILL', 'SIGKILL', 0, 0]);
  expect(most).toBeLessThanOrEqual(500);

  await setTimeout(leaseMs);
  const got = acknowledged.reduce((sum, count) => sum + count, 0);
  const [spent, held] = await stateOf(ledger);
  // The two that were not killed alone ask for as much as there is.
  expect([spent, held]).toEqual([500, 0]);
  // What a process got in the moment of its end it could not tell of.
  expect(got).toBeLessThanOrEqual(spent);
  expect(got).toBeGreaterThanOrEqual(spent - 2);
}, 60_000);

test('a process that is killed within a transaction leaves nothing of it, and the file whole', async () => {
  using place = folder();
  await using ledger = sqliteLedger({ path: place.file });
  const entries = [{ account: 'a', cap: 100, amount: 7, keepMs: 3_600_000 }];
  await ledger.reserve({ id: '1', leaseMs: 60_000, entries });
  const child = start('dwell', place.file);
  const closed = once(child, 'close');
  await once(child.stdout ?? child, 'data');
  const waiting = ledger.reserve({ id: '2', leaseMs: 60_000, entries });
  await setTimeout(50);
  child.kill('SIGKILL');
  await closed;
  expect((await waiting).accounts).toEqual([{ account: 'a', spent: 0, held: 14 }]);
  await ledger.close();
  using database = new DatabaseSync(place.file);
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  expect(database.prepare('SELECT count(*) AS n FROM ledger_account').get()).toEqual({ n: 1 });
});

describe('the books in a file, the second ledger in another process', () => {
  let child: ChildProcess;
  let asked = 0;
  const waiting = new Map<number, (result: never) => void>();

  beforeAll(() => {
    child = start('serve');
    child.on('message', ({ id, result }: { id: number; result: never }) => waiting.get(id)?.(result));
  });
  afterAll(() => child.kill());

  function ask<T>(step: string, ...args: unknown[]): Promise<T> {
    const id = asked++;
    child.send({ id, step, args });
    return new Promise<T>((resolve) => waiting.set(id, resolve));
  }

  const make = async () => {
    const place = folder();
    // Its time moves by hand, but it waits for the other process in that of the machine.
    const hand = fakeClock();
    const clock = { ...hand, monotonic: () => performance.now(), sleep: (ms: number) => setTimeout(ms) };
    await ask('open', place.file);
    const ledger = sqliteLedger({ path: place.file, clock });
    const second: Ledger = {
      reserve: (reservation) => ask('reserve', reservation),
      settle: (settlement) => ask('settle', settlement),
      renew: (ids, leaseMs) => ask('renew', ids, leaseMs),
      spend: (query = {}) => ask('spend', query),
    };
    return {
      ledger,
      second,
      advance: async (ms: number) => {
        await Promise.all([hand.advance(ms), ask('advance', ms)]);
      },
      close: async () => {
        await Promise.all([ledger.close(), ask('close')]);
        place[Symbol.dispose]();
      },
    };
  };
  for (const { name, run } of ledgerSuite(make)) test(name, run);
});
