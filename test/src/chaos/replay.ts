import { once } from 'node:events';
import type { Settlement } from '@interpose/budget';
import { openBooks, sumsOf } from './books.ts';
import { child } from './child.ts';
import type { Store } from './order.ts';

/** How many processes deliver each settlement, and how often each of them does. */
export const TIMES = 5;
const CALLS = 40;
const LEASE_MS = 1000;
const HOUR_MS = 3_600_000;

/** What a process is told that is to deliver settlements. */
export interface ReplayOrder {
  readonly store: Store;
  readonly settlements: readonly Settlement[];
}

/**
 * Delivers the settlements of calls that were held for 10 and came to 7, from five processes at once and five times
 * from each; and once more. Of half the calls the lease was over by then.
 *
 * @returns what the books said before, after, and after once more, a line for each.
 */
export async function replays(store: Store): Promise<string[]> {
  await using ledger = openBooks(store);
  const told: string[] = [];
  async function tell(when: string): Promise<void> {
    for (const account of ['held', 'lapsed']) {
      const { spent, held } = await sumsOf(ledger, account);
      const [row] = (await ledger.spend({ by: ['endpoint'] })).filter(({ endpoint }) => endpoint === account);
      told.push(`${when}, ${account}: spent ${spent}, held ${held}, in the report ${row?.calls ?? 0} calls`);
    }
  }

  const settlements = Array.from({ length: CALLS }, (_, call) => settlementOf(call));
  const children = Array.from({ length: TIMES }, () => child('replay.child.ts', { store, settlements }));
  const exits = children.map((each) => once(each, 'exit'));
  await Promise.all(children.map((each) => once(each, 'message')));
  for (const { id, amounts } of settlements) {
    const entries = Object.keys(amounts).map((account) => ({
      account,
      cap: 10 * CALLS,
      amount: 10,
      keepMs: HOUR_MS,
    }));
    await ledger.reserve({ id, leaseMs: 'lapsed' in amounts ? LEASE_MS : 60_000, entries });
  }
  await new Promise((resolve) => setTimeout(resolve, LEASE_MS + 100));
  await tell('before');
  for (const each of children) each.send('go');
  await Promise.all(exits);
  await tell('after');
  for (const settlement of settlements) await ledger.settle(settlement);
  await tell('after once more');
  return told;
}

function settlementOf(call: number): Settlement {
  const account = call % 2 === 0 ? 'held' : 'lapsed';
  const names = { day: '2026-01-31', endpoint: account, tenant: '', user: '', model: '' };
  const posting = { ...names, calls: 1, inputTokens: 1, outputTokens: 1, cost: 7, unpriced: 0 };
  return { id: `call ${call}`, amounts: { [account]: 7 }, posting };
}
