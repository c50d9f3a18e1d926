import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fakeProvider, seededRandom, type FakeProvider } from '@interpose/testing';
import { openBooks, sumsOf } from './books.ts';
import { child } from './child.ts';
import { LEASE_MS, cost, type Order, type Store, type Told } from './order.ts';

/** A fleet over shared books, and what happens to it. */
export interface ChaosOptions {
  readonly store: Store;
  readonly processes: number;
  /** Calls that each process has under way. */
  readonly inFlight: number;
  /** In nano-USD. */
  readonly cap: number;
  /** How many workers are killed, without a word, and replaced. @default 0 */
  readonly kills?: number;
  /** Whether streams are left before their end. @default false */
  readonly unruly?: boolean;
  readonly seed: number;
  /** How long a step of the books may take, in milliseconds. @default 5000 */
  readonly patienceMs?: number;
  /** What happens to the store, as soon as a fifth of the cap is served. */
  readonly trouble?: (provider: FakeProvider) => Promise<void>;
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
  /** What the report adds up to; calls that were lost with their process are not in it. */
  readonly posted: number;
  readonly kills: number;
  /** Calls that were not sent because the books could not be asked. */
  readonly faults: number;
  readonly slowestMs: number;
  /** What workers met besides refusals. */
  readonly errors: readonly string[];
}

/** Runs a fleet until the books refuse all of it, killing workers on the way. */
export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const { store, processes, inFlight, cap, kills = 0, unruly = false, seed } = options;
  const { patienceMs = 5000, trouble } = options;
  const random = seededRandom(seed);
  const provider = await fakeProvider({
    replies: () => ({ latency: random.next() * 20, drip: random.next() * 4 }),
  });
  const served = (): number => provider.ledger.entries.reduce((sum, entry) => sum + cost(entry), 0);
  const errors = new Set<string>();
  const workers = new Set<ChildProcess>();
  let [forked, killed, faults, slowestMs] = [0, 0, 0, 0];

  /** Resolves when a worker is through; one that is killed has a successor. */
  async function work(): Promise<void> {
    for (;;) {
      const { baseURL } = provider;
      const own = seed * 1000 + forked++;
      const order: Order = { baseURL, store, cap, inFlight, seed: own, unruly, patienceMs };
      const worker = child('worker.child.ts', order);
      workers.add(worker);
      worker.on('message', (told: Told) => {
        for (const error of told.errors) errors.add(error);
        faults += told.faults;
        slowestMs = Math.max(slowestMs, told.slowestMs);
      });
      const [code, signal] = (await once(worker, 'exit')) as [number | null, string | null];
      workers.delete(worker);
      if (signal !== 'SIGKILL') {
        if (code !== 0) errors.add(`a worker ended with ${code ?? signal}`);
        return;
      }
    }
  }

  const through: true[] = [];
  const over = Promise.all(Array.from({ length: processes }, work)).then(() => through.push(true));
  if (trouble) {
    while (served() < cap / 5 && through.length === 0) await pause(5);
    await trouble(provider);
  }
  // Sooner than the cap is reached, as well as it can be told: by what was served so far.
  while (killed < kills && through.length === 0) {
    await pause(100 + random.next() * 300);
    const all = [...workers].filter((worker) => provider.requests.length > 0 && worker.connected);
    const victim = all[Math.floor(random.next() * all.length)];
    if (victim?.kill('SIGKILL') === true) killed++;
  }
  await over;
  await pause(LEASE_MS + 500);

  const requests = provider.requests.length;
  await provider.close();
  await using ledger = openBooks(store);
  const [row] = await ledger.spend({ by: [] });
  return {
    ...(await sumsOf(ledger)),
    cap,
    served: served(),
    requests,
    posted: row?.cost ?? 0,
    kills: killed,
    faults,
    slowestMs: Math.round(slowestMs),
    errors: [...errors],
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
