import { once } from 'node:events';
import { fakeProvider } from '@interpose/testing';
import { accountOf, openBooks, sumsOf, type Sums } from './books.ts';
import { child } from './child.ts';
import { LEASE_MS, ONE, cost, type Store } from './order.ts';

/** Where a process may be gone, in the course of a call. */
const POINTS = [
  'before the hold',
  'held, not sent',
  'in mid-stream',
  'answered, not settled',
  'within the settlement',
  'settled',
] as const;

export type Point = (typeof POINTS)[number];

/** What a process is told that is to crash. */
export interface CrashOrder {
  readonly baseURL: string;
  readonly store: Store;
  readonly point: Point;
  /** In nano-USD. */
  readonly cap: number;
}

/** What a crash left, in nano-USD. */
export interface Wreck {
  readonly point: Point;
  readonly atOnce: Sums;
  readonly later: Sums;
  /** By the provider's own account. */
  readonly served: number;
  /** How many calls are in the report. */
  readonly posted: number;
}

/** Lets a process crash at each point, and looks at the books at once, and when the lease is over. */
export async function crashes(store: Store): Promise<Wreck[]> {
  // In mid-stream it waits for the crash, so that what was served is the same each time.
  await using provider = await fakeProvider({
    replies: ({ body }) => (modelOf(body) === 'in mid-stream' ? { stall: { afterEvents: 4 } } : {}),
  });
  await using ledger = openBooks(store);
  const { baseURL } = provider;

  async function crash(point: Point): Promise<readonly [Point, Sums]> {
    const order: CrashOrder = { baseURL, store, point, cap: 10 * ONE };
    const [code, signal] = (await once(child('crash.child.ts', order), 'exit')) as unknown[];
    if (signal !== 'SIGKILL') throw new Error(`It did not crash ${point}, but ended with ${String(code)}`);
    return [point, await sumsOf(ledger, accountOf(point))];
  }

  const crashed: (readonly [Point, Sums])[] = [];
  // Two at a time: the books are to be looked at before the lease is over.
  for (let index = 0; index < POINTS.length; index += 2) {
    crashed.push(...(await Promise.all(POINTS.slice(index, index + 2).map(crash))));
  }
  await new Promise((resolve) => setTimeout(resolve, LEASE_MS + 100));
  const rows = await ledger.spend({ by: ['model'] });
  return await Promise.all(
    crashed.map(async ([point, atOnce]) => ({
      point,
      atOnce,
      later: await sumsOf(ledger, accountOf(point)),
      served: provider.ledger.entries
        .filter(({ model }) => model === point)
        .reduce((sum, entry) => sum + cost(entry), 0),
      posted: rows.find(({ model }) => model === point)?.calls ?? 0,
    })),
  );
}

function modelOf(body: unknown): unknown {
  return (body as { model?: unknown }).model;
}

/** A crash in one line, amounts in thousands. */
export function shownWreck({ point, atOnce, later, served, posted }: Wreck): string {
  return [
    point.padEnd(22),
    `at once ${sums(atOnce)}`,
    `after the lease ${sums(later)}`,
    `served ${thousands(served)}`,
    `in the report ${posted}`,
  ].join(' | ');
}

function sums({ spent, held }: Sums): string {
  return `spent ${thousands(spent)} held ${thousands(held)}`;
}

function thousands(amount: number): string {
  return String(amount / 1000).padStart(2);
}
