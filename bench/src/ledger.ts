import { fork } from 'node:child_process';
import { once } from 'node:events';
import { median, quantile } from './paired.ts';

/** What keeps the books, and what the two steps of a call may take at most, 99 times of 100, in milliseconds. */
const SUBJECTS = {
  memory: { bare: 'two promises', atMost: 0.05 },
  sqlite: { bare: 'two inserts, no flush', atMost: 1 },
  redis: { bare: 'two PINGs', atMost: undefined },
} as const;

/** The name of what keeps the books. */
export type LedgerSubject = keyof typeof SUBJECTS;

/** What was measured in a fresh process, in milliseconds for each call. */
export interface LedgerResult {
  /** A hold and a settlement, one after the other. */
  readonly steps: readonly number[];
  /** The least that two such steps could take there, by turns with them. */
  readonly bare: readonly number[];
  /** How often the server was asked for a call, as its client counted. */
  readonly roundTrips?: number;
}

/** Measures what the two steps of a call take, for each ledger, the median of so many rounds. */
export async function reportLedgers(rounds: number): Promise<string> {
  const lines = ['The ledger: hold and settle a call, in ms'];
  for (const subject of ['memory', 'sqlite', 'redis'] as const) {
    const results: LedgerResult[] = [];
    for (let round = 0; round < rounds; round++) results.push(await measure(subject));
    const { bare, atMost } = SUBJECTS[subject];
    const trips = results[0]?.roundTrips;
    const parts = [
      `  ${subject.padEnd(8)}${shown(results.map(({ steps }) => steps))}`,
      `${bare} ${shown(results.map((result) => result.bare))}`,
      ...(atMost === undefined ? [] : [`p99 at most ${atMost}`]),
      ...(trips === undefined ? [] : [`${trips} round trips (at most 2)`]),
    ];
    lines.push(parts.join('  |  '));
  }
  return lines.join('\n');
}

function shown(rounds: readonly (readonly number[])[]): string {
  const [p50, p99] = [0.5, 0.99].map((share) => median(rounds.map((times) => quantile(times, share))));
  return `p50 ${(p50 ?? 0).toFixed(4)}, p99 ${(p99 ?? 0).toFixed(4)}`;
}

async function measure(subject: LedgerSubject): Promise<LedgerResult> {
  const child = fork(new URL('./ledger.child.ts', import.meta.url), [subject], {
    execArgv: process.execArgv,
  });
  const [result] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`bench: the ledger in ${subject} ended with ${String(code)}`);
    }),
  ])) as [LedgerResult];
  return result;
}
