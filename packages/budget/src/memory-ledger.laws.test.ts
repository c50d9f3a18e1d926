import { fakeClock } from '@interpose/testing';
import fc from 'fast-check';
import { test } from 'vitest';
import { memoryLedger } from './memory-ledger.ts';

const CAP = 100;
const LEASE = 1000;

/** What may happen to the books, in any order. */
const step = fc.oneof(
  fc.record({ do: fc.constant('reserve' as const), id: fc.nat(20), amount: fc.nat(60), other: fc.boolean() }),
  fc.record({
    do: fc.constant('settle' as const),
    id: fc.nat(20),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({ do: fc.constant('renew' as const), id: fc.nat(20) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(1500) }),
);

test('whatever happens in whatever order, caps hold and the postings add up', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const clock = fakeClock();
      const ledger = memoryLedger(clock);
      const held = new Map<string, { amounts: Record<string, number>; asked: Record<string, number> }>();
      const used = new Set<string>();
      let settled = 0;
      let postings = 0;
      for (const each of steps) {
        if (each.do === 'wait') await clock.advance(each.ms);
        else if (each.do === 'renew') await ledger.renew([String(each.id)], LEASE);
        else if (each.do === 'reserve') {
          const id = String(each.id);
          if (used.has(id)) continue;
          const entries = ['a', ...(each.other ? ['b'] : [])].map((account) => ({
            account,
            cap: CAP,
            amount: each.amount,
            keepMs: 1e9,
          }));
          const { exceeded, accounts } = await ledger.reserve({ id, leaseMs: LEASE, entries });
          // No account is ever above its cap, and what is refused changed nothing.
          if (accounts.some(({ spent, held: now }) => spent + now > CAP || spent < 0 || now < 0))
            return false;
          if (exceeded) continue;
          used.add(id);
          const asked = Object.fromEntries(entries.map(({ account, amount }) => [account, amount]));
          held.set(id, { asked, amounts: {} });
        } else {
          const id = String(each.id);
          const mine = held.get(id);
          // No more than was held: that is what an estimate from above is for.
          const amounts = Object.fromEntries(
            Object.entries(mine?.asked ?? {}).map(([account, amount]) => [
              account,
              Math.floor(amount * each.part),
            ]),
          );
          const posting = { day: '2026-01-01', endpoint: '', tenant: '', user: '', model: '' };
          const cost = amounts['a'] ?? 0;
          await ledger.settle({
            id,
            amounts,
            posting: { ...posting, calls: 1, inputTokens: 0, outputTokens: 0, cost, unpriced: 0 },
          });
          if (!mine) continue;
          held.delete(id);
          settled += cost;
          postings++;
        }
      }
      // Whoever is left lapses, and is taken for spent.
      await clock.advance(LEASE * 2);
      const left = [...held.values()].reduce((sum, { asked }) => sum + (asked['a'] ?? 0), 0);
      const look = { account: 'a', cap: Number.MAX_SAFE_INTEGER, amount: 0, keepMs: 0 };
      const { accounts } = await ledger.reserve({ id: 'look', leaseMs: LEASE, entries: [look] });
      const [row] = await ledger.spend({ by: [] });
      return (
        accounts[0]?.held === 0 &&
        accounts[0].spent === settled + left &&
        (row?.cost ?? 0) === settled &&
        (row?.calls ?? 0) === postings
      );
    }),
    { numRuns: 500 },
  );
});
