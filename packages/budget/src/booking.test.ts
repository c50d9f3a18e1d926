import { callOf, fakeClock } from '@interpose/testing';
import { expect, test } from 'vitest';
import { Books } from './booking.ts';
import type { Ledger } from './ledger.ts';
import { Leases } from './leases.ts';
import { rulesOf, type Limit } from './limit.ts';
import { memoryLedger } from './memory-ledger.ts';

const HOUR = 3_600_000;
const estimate = { inputTokens: 10, outputTokens: 5, cost: 20 };

/** Books over a ledger, and a log of what that is asked. */
function rig(limit: Limit, change: (ledger: Ledger) => Partial<Ledger> = () => ({})) {
  const clock = fakeClock();
  const books = memoryLedger(clock);
  const changed: Ledger = { ...books, ...change(books) };
  const log: string[] = [];
  const ledger: Ledger = {
    ...changed,
    reserve(reservation) {
      const entries = reservation.entries.map(({ account, amount, keepMs }) => {
        const [, , window] = JSON.parse(account) as string[];
        return `${amount} in ${window} for ${Math.round(keepMs / HOUR)} h`;
      });
      log.push(`hold ${reservation.id}: ${entries.join()}`);
      return changed.reserve(reservation);
    },
    settle(settlement) {
      log.push(`settle ${settlement.id}: ${Object.values(settlement.amounts).join()}`);
      return changed.settle(settlement);
    },
  };
  const leases = new Leases(ledger, clock, 60_000, () => {});
  const init = { rules: rulesOf([limit]), ledger, leases, leaseMs: 60_000, now: () => clock.now() };
  return { clock, log, books: new Books(init) };
}

test('an account is kept a day longer than its window, and one that does not start anew for years', async () => {
  const hourly = rig({ per: 'all', calls: 5, every: 'hour' });
  await hourly.books.hold(callOf(), 'a', estimate);
  const ever = rig({ per: 'all', calls: 5, every: 'ever' });
  await ever.books.hold(callOf(), 'a', estimate);
  expect([...hourly.log, ...ever.log]).toEqual([
    'hold a: 1 in 2026-01-01T00:00:00.000Z for 25 h',
    'hold a: 1 in ever for 87600 h',
  ]);
});

test('what no price is known for in the end stays what was held', async () => {
  const { books, log } = rig({ per: 'all', usd: 1, every: 'ever' });
  const booking = await books.hold(callOf(), 'a', estimate);
  await books.settle(callOf(), booking, { cost: null, tokens: 8, calls: 1 });
  expect(log).toEqual(['hold a: 20 in ever for 87600 h', 'settle a: 20']);
});

test('tokens in and out are held', async () => {
  const { books, log } = rig({ per: 'all', tokens: 100, every: 'ever' });
  await books.hold(callOf(), 'a', estimate);
  expect(log).toEqual(['hold a: 15 in ever for 87600 h']);
});

test('a ledger whose time runs from window to window is followed once', async () => {
  let hours = 0;
  const { books, log } = rig({ per: 'all', calls: 5, every: 'hour' }, (ledger) => ({
    reserve: async (reservation) => {
      const result = await ledger.reserve(reservation);
      return { ...result, at: result.at + HOUR * ++hours };
    },
  }));
  await books.hold(callOf(), 'a', estimate);
  expect(log).toEqual([
    'hold a: 1 in 2026-01-01T00:00:00.000Z for 25 h',
    'settle a: ',
    'hold a.1: 1 in 2026-01-01T01:00:00.000Z for 25 h',
  ]);
});

test('a hold whose answer is lost is given back', async () => {
  const { books, log } = rig({ per: 'all', calls: 5, every: 'ever' }, (ledger) => ({
    reserve: async (reservation) => {
      await ledger.reserve(reservation);
      throw new Error('lost');
    },
  }));
  await expect(books.hold(callOf(), 'a', estimate)).rejects.toThrow('lost');
  expect(log).toEqual(['hold a: 1 in ever for 87600 h', 'settle a: ']);
});
