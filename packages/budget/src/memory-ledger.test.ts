import { fakeClock } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import type { Entry } from './ledger.ts';
import { memoryLedger } from './memory-ledger.ts';
import { ledgerSuite } from './suite/index.ts';

describe('the books in memory', () => {
  const make = () => {
    const clock = fakeClock();
    return { ledger: memoryLedger(clock), advance: (ms: number) => clock.advance(ms), close: async () => {} };
  };
  for (const { name, run } of ledgerSuite(make)) test(name, run);
});

describe('what the books in memory forget', () => {
  const entry = (account: string, amount: number, keepMs: number): Entry => ({
    account,
    cap: 1000,
    amount,
    keepMs,
  });

  function rig() {
    const clock = fakeClock();
    const ledger = memoryLedger(clock);
    let looks = 0;
    /** What is on an account, without keeping it any longer. */
    async function state(account: string): Promise<string> {
      const look = { id: `look ${looks++}`, leaseMs: 1e12, entries: [entry(account, 0, 0)] };
      const [{ spent, held } = { spent: 0, held: 0 }] = (await ledger.reserve(look)).accounts;
      return `${spent} spent, ${held} held`;
    }
    return { clock, ledger, state };
  }

  test('an account goes when it is of no use any more, and not as long as something is held of it', async () => {
    const { clock, ledger, state } = rig();
    await ledger.reserve({ id: '1', leaseMs: 1000, entries: [entry('short', 5, 60_000)] });
    await ledger.settle({ id: '1', amounts: { short: 5 } });
    await ledger.reserve({ id: '2', leaseMs: 1000, entries: [entry('long', 5, 600_000)] });
    await ledger.settle({ id: '2', amounts: { long: 5 } });
    await ledger.reserve({ id: '3', leaseMs: 1e9, entries: [entry('held', 5, 60_000)] });
    // Later reservations keep an account longer, never shorter.
    await ledger.reserve({ id: '4', leaseMs: 1000, entries: [entry('long', 1, 1000)] });
    await ledger.settle({ id: '4', amounts: { long: 1 } });
    await clock.advance('59s');
    expect(await state('short')).toBe('5 spent, 0 held');
    await clock.advance('62s');
    expect([await state('short'), await state('long'), await state('held')]).toEqual([
      '0 spent, 0 held',
      '6 spent, 0 held',
      '0 spent, 5 held',
    ]);
  });

  test('what lapsed can be corrected for a day, and what is held for longer than that is still held', async () => {
    const { clock, ledger, state } = rig();
    const days = 10 * 86_400_000;
    await ledger.reserve({ id: 'lapsed', leaseMs: 1000, entries: [entry('a', 5, days)] });
    await ledger.reserve({ id: 'late', leaseMs: 1000, entries: [entry('b', 5, days)] });
    await ledger.reserve({ id: 'held', leaseMs: 86_400_000, entries: [entry('c', 5, days)] });
    await clock.advance('23h');
    await state('a');
    await ledger.settle({ id: 'lapsed', amounts: { a: 2 } });
    await ledger.renew(['held'], days);
    await clock.advance('48h');
    await state('a');
    await ledger.settle({ id: 'late', amounts: { b: 2 } });
    await ledger.settle({ id: 'held', amounts: { c: 2 } });
    expect([await state('a'), await state('b'), await state('c')]).toEqual([
      '2 spent, 0 held',
      '5 spent, 0 held',
      '2 spent, 0 held',
    ]);
  });

  test('a settlement of several accounts corrects those that are left', async () => {
    const { clock, ledger, state } = rig();
    const entries = [entry('gone', 5, 1000), entry('kept', 5, 86_400_000)];
    await ledger.reserve({ id: '1', leaseMs: 1000, entries });
    await clock.advance('2m');
    await state('kept');
    await clock.advance('2m');
    await state('kept');
    await ledger.settle({ id: '1', amounts: { gone: 3, kept: 2 } });
    expect([await state('gone'), await state('kept')]).toEqual(['0 spent, 0 held', '2 spent, 0 held']);
  });
});
