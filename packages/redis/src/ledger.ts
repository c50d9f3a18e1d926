import {
  report,
  type AccountState,
  type Ledger,
  type Posting,
  type ReserveResult,
  type Settlement,
} from '@interpose/budget';
import type { Clock, Logger } from '@interpose/core';
import { backlog } from './backlog.ts';
import { RedisError } from './error.ts';
import { DAY, DAYS, RENEW, RESERVE, SETTLE } from './ledger-scripts.ts';
import type { Scripts } from './script.ts';

/** What the books are kept with. */
export interface LedgerParts {
  readonly server: Scripts;
  readonly prefix: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

// Some minutes of a busy process. A settlement is a few hundred bytes.
const MOST_UNSETTLED = 10_000;
const MOST_RENEWED_AT_ONCE = 500;
// Longer than anybody's use of an account, and still in what PEXPIRE takes.
const FOREVER_MS = 3_000_000_000_000;

/** Keeps the books in Redis: each step one script. */
export function ledgerOver({ server, prefix, clock, logger }: LedgerParts): Ledger {
  // In braces, so that a cluster puts all of it into one slot: a step is atomic only there.
  const base = `{${prefix}}:ledger`;
  const unsettled = backlog<Settlement>({
    send: settleNow,
    what: 'settlements',
    capacity: MOST_UNSETTLED,
    clock,
    logger,
  });

  async function settleNow(settlement: Settlement): Promise<AccountState[]> {
    const reply = await server.run(SETTLE, base, settleArguments(settlement));
    return chunks(reply, 3).map(([account = '', spent, held]) => stateOf(account, spent, held));
  }

  return {
    async reserve({ id, leaseMs, entries }): Promise<ReserveResult> {
      const asked = entries.flatMap(({ account, cap, amount, keepMs }) => [
        account,
        String(cap),
        whole(amount, 'amount'),
        span(keepMs),
      ]);
      const [at, exceeded, ...sums] = await server.run(RESERVE, base, [id, span(leaseMs), ...asked]);
      const states = chunks(sums, 2);
      const accounts = entries.map(({ account }, index) => stateOf(account, ...(states[index] ?? [])));
      const over = accounts[Number(exceeded) - 1];
      return { ...(over && { exceeded: over }), accounts, at: Number(at) };
    },

    async settle(settlement) {
      try {
        return await settleNow(settlement);
      } catch (error) {
        if (!(error instanceof RedisError && error.transient)) throw error;
        // What was spent is not to be forgotten: it is settled later, and the same settlement twice does no harm.
        unsettled.add(settlement);
        return [];
      }
    },

    async renew(ids, leaseMs) {
      for (const some of chunks(ids, MOST_RENEWED_AT_ONCE))
        await server.run(RENEW, base, [span(leaseMs), ...some]);
    },

    async spend(query = {}) {
      const from = query.from === undefined ? '-' : `[${query.from}`;
      const to = query.to === undefined ? '+' : `[${query.to}`;
      const postings: Posting[] = [];
      for (const day of await server.report(DAYS, base, [from, to])) {
        const fields = await server.report(DAY, base, [day]);
        for (const posting of postingsOf(day, chunks(fields, 2))) postings.push(posting);
      }
      return report(postings, query);
    },

    async close() {
      await unsettled.close();
    },
  };
}

function settleArguments({ id, amounts, posting }: Settlement): string[] {
  const pairs = Object.entries(amounts);
  const args = [id, String(pairs.length), ...pairs.flatMap(([name, n]) => [name, whole(n, 'amount')])];
  if (!posting) return args;
  const { day, endpoint, tenant, user, model } = posting;
  const { calls, inputTokens, outputTokens, cost, unpriced } = posting;
  const sums = Object.entries({ calls, inputTokens, outputTokens, cost, unpriced });
  const line = JSON.stringify([endpoint, tenant, user, model]);
  return [...args, day, line, ...sums.map(([name, n]) => whole(n, name))];
}

/** Puts the lines of a day together; a field is `<sum> <line>`. */
function postingsOf(day: string, fields: readonly string[][]): Posting[] {
  const lines = new Map<string, Record<string, number>>();
  for (const [field = '', amount] of fields) {
    const space = field.indexOf(' ');
    const line = field.slice(space + 1);
    const sums = lines.get(line) ?? { calls: 0, inputTokens: 0, outputTokens: 0, cost: 0, unpriced: 0 };
    sums[field.slice(0, space)] = Number(amount);
    lines.set(line, sums);
  }
  return [...lines].map(([line, sums]) => {
    const [endpoint, tenant, user, model] = JSON.parse(line) as string[];
    return { day, endpoint, tenant, user, model, ...sums } as Posting;
  });
}

/** As Redis takes it: all digits, whatever its size. */
function whole(amount: number, what: string): string {
  if (Number.isSafeInteger(amount) && amount >= 0) return String(amount);
  throw new RangeError(`redis: ${what} must be a whole number from 0 to 2^53 - 1, got ${amount}`);
}

function span(ms: number): string {
  return String(Math.ceil(Math.min(Math.max(ms, 1), FOREVER_MS)));
}

function stateOf(account: string, spent = '0', held = '0'): AccountState {
  return { account, spent: Number(spent), held: Number(held) };
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
