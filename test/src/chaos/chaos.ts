import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Ledger } from '@interpose/budget';
import { redisLedger } from '@interpose/redis';
import { sqliteLedger } from '@interpose/sqlite';
import { fakeProvider, seededRandom } from '@interpose/testing';
import { LEASE_MS, LIMIT, cost, type Order, type Store, type Told } from './order.ts';

/** A fleet over shared books, and what happens to it. */
export interface ChaosOptions {
  readonly store: Store;
  readonly processes: number;
  /** Calls that each process has under way. */
  readonly inFlight: number;
  /** In nano-USD. */
  readonly cap: number;
  /** How many workers are killed, without a word, and replaced. */
  readonly kills: number;
  readonly unruly: boolean;
  readonly seed: number;
}

/** What came of it, in nano-USD. */
export interface ChaosResult {
  readonly cap: number;
  /** By the provider's own account. */
  readonly served: number;
  readonly requests: number;
  /** By ours, when all leases are over. */
  readonly spent: number;
  readonly held: number;
  readonly kills: number;
  /** What workers met besides refusals. */
  readonly errors: readonly string[];
}

/** Runs a fleet until the books refuse all of it, killing workers on the way. */
export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const { store, processes, inFlight, cap, kills, unruly, seed } = options;
  const random = seededRandom(seed);
  const provider = await fakeProvider({
    replies: () => ({ latency: random.next() * 20, drip: random.next() * 4 }),
  });
  const errors = new Set<string>();
  const workers = new Set<ChildProcess>();
  let forked = 0;
  let killed = 0;

  /** Resolves when a worker is through; one that is killed has a successor. */
  async function work(): Promise<void> {
    for (;;) {
      const order: Order = {
        baseURL: provider.baseURL,
        store,
        cap,
        inFlight,
        seed: seed * 1000 + forked++,
        unruly,
      };
      const child = fork(new URL('./worker.child.ts', import.meta.url), [JSON.stringify(order)], {
        execArgv: ['--conditions=@interpose/source', '--disable-warning=ExperimentalWarning'],
      });
      workers.add(child);
      child.on('message', (told) => {
        for (const error of (told as Told).errors) errors.add(error);
      });
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
      workers.delete(child);
      if (signal !== 'SIGKILL') {
        if (code !== 0) errors.add(`a worker ended with ${code ?? signal}`);
        return;
      }
    }
  }

  const through: true[] = [];
  const over = Promise.all(Array.from({ length: processes }, work)).then(() => through.push(true));
  // Sooner than the cap is reached, as well as it can be told: by what was served so far.
  while (killed < kills && through.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 100 + random.next() * 300));
    const all = [...workers].filter((child) => provider.requests.length > 0 && child.connected);
    const victim = all[Math.floor(random.next() * all.length)];
    if (victim?.kill('SIGKILL') === true) killed++;
  }
  await over;
  await new Promise((resolve) => setTimeout(resolve, LEASE_MS + 500));

  const served = provider.ledger.entries.reduce((sum, entry) => sum + cost(entry), 0);
  const requests = provider.requests.length;
  await provider.close();
  const { spent, held } = await stateOf(store);
  return { cap, served, requests, spent, held, kills: killed, errors: [...errors] };
}

/** What is on the books. */
async function stateOf(store: Store): Promise<{ spent: number; held: number }> {
  const ledger: Ledger =
    store.kind === 'sqlite'
      ? sqliteLedger({ path: store.path })
      : redisLedger({ url: store.url, prefix: store.prefix, commandTimeout: '5s' });
  try {
    const account = JSON.stringify([LIMIT, '', 'ever']);
    const entries = [{ account, cap: Number.MAX_SAFE_INTEGER, amount: 0, keepMs: 1000 }];
    const { accounts } = await ledger.reserve({ id: 'look', leaseMs: 1000, entries });
    return { spent: accounts[0]?.spent ?? 0, held: accounts[0]?.held ?? 0 };
  } finally {
    await ledger.close?.();
  }
}
