import type { Ledger } from '@interpose/budget';
import { redisLedger } from '@interpose/redis';
import { sqliteLedger } from '@interpose/sqlite';
import { LIMIT, type Store } from './order.ts';

/** Opens the books that a fleet shares, outside of a layer. */
export function openBooks(store: Store): Ledger & AsyncDisposable {
  const ledger: Ledger =
    store.kind === 'sqlite'
      ? sqliteLedger({ path: store.path })
      : redisLedger({ url: store.url, prefix: store.prefix, commandTimeout: '5s' });
  return Object.assign(ledger, {
    [Symbol.asyncDispose]: async () => {
      await ledger.close?.();
    },
  });
}

/** What is on an account. */
export interface Sums {
  readonly spent: number;
  readonly held: number;
}

/** The account of a limit for all calls. */
export function accountOf(limit: string = LIMIT, window: string = 'ever'): string {
  return JSON.stringify([limit, '', window]);
}

/** What is on the books: an entry of nothing asks for it. */
export async function sumsOf(ledger: Ledger, account: string = accountOf()): Promise<Sums> {
  const id = `look ${account}`;
  const entries = [{ account, cap: Number.MAX_SAFE_INTEGER, amount: 0, keepMs: 1000 }];
  const { accounts } = await ledger.reserve({ id, leaseMs: 1000, entries });
  await ledger.settle({ id, amounts: {} });
  return { spent: accounts[0]?.spent ?? 0, held: accounts[0]?.held ?? 0 };
}
