// Run as a process of its own: keeps books in a file that other processes write to as well.
import 'reflect-metadata';
import { writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { sqliteLedger, type SqliteLedger } from '@interpose/sqlite';
import { fakeClock } from '@interpose/testing';

const [role, path = '', leaseMs, calls] = process.argv.slice(2);

/** Asks for calls, one after the other, and tells of each that it got. */
async function spend(calls: number): Promise<void> {
  process.send?.('ready');
  await new Promise((resolve) => process.once('message', resolve));
  const ledger = sqliteLedger({ path });
  const entries = [{ account: 'a', cap: 500, amount: 1, keepMs: 3_600_000 }];
  for (let number = 0; number < calls; number++) {
    // As fast as it goes, the first to start would have had all before the others came.
    await setTimeout(Math.random() * 4);
    const id = `${process.pid}-${number}`;
    const { exceeded } = await ledger.reserve({ id, leaseMs: Number(leaseMs), entries });
    if (exceeded) continue;
    writeSync(1, '.');
    await ledger.settle({ id, amounts: { a: 1 } });
  }
  await ledger.close();
  process.disconnect();
}

/** Stays within a transaction that has written. */
function dwell(): void {
  const database = new DatabaseSync(path);
  // So that what is not committed goes to the file all the same.
  database.exec('PRAGMA cache_size = 1; BEGIN IMMEDIATE; UPDATE ledger_account SET spent = 1000000');
  database.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
    INSERT INTO ledger_account SELECT 'x' || i, 1, 1, 1 FROM n`);
  writeSync(1, '.');
  process.stdin.resume();
}

/** Does as it is told over the channel: the second ledger of the suite. */
function serve(): void {
  let hand = fakeClock();
  let ledger: SqliteLedger;
  const steps: Record<string, (...args: never[]) => unknown> = {
    open: (file: string) => {
      hand = fakeClock();
      // Time moves by hand, but waiting for the other process is in that of the machine.
      const clock = { ...hand, monotonic: () => performance.now(), sleep: (ms: number) => setTimeout(ms) };
      ledger = sqliteLedger({ path: file, clock });
    },
    advance: (ms: number) => hand.advance(ms),
    reserve: (...args: Parameters<SqliteLedger['reserve']>) => ledger.reserve(...args),
    settle: (...args: Parameters<SqliteLedger['settle']>) => ledger.settle(...args),
    renew: (...args: Parameters<SqliteLedger['renew']>) => ledger.renew(...args),
    spend: (...args: Parameters<SqliteLedger['spend']>) => ledger.spend(...args),
    close: () => ledger.close(),
  };
  process.on('message', ({ id, step, args }: { id: number; step: string; args: never[] }) => {
    void (async () => process.send?.({ id, result: await steps[step]?.(...args) }))();
  });
}

if (role === 'spend') await spend(Number(calls));
if (role === 'dwell') dwell();
if (role === 'serve') serve();
