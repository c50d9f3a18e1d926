/**
 * Compares stacks with the bare client, always as a ratio of one paired run, and prints the median over rounds
 * in fresh processes. `pnpm bench [words of a case ... | ledger | reuse | early | stop | stalls | memory | outage |
 * redaction] [--rounds n] [--chart file.svg]`; without words, everything. `--chart` draws the outage.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { CASES, type Case } from './cases.ts';
import { median, quantile, type Paired } from './paired.ts';
import { reportLedgers } from './ledger.ts';
import { reportReuse } from './reuse.ts';
import { reportMemory } from './memory.ts';
import { reportStalls } from './stalls.ts';
import { reportStopping } from './stopping.ts';
import { reportOutage } from './outage.ts';
import { reportEarlyStop } from './early-stop.ts';
import { reportRedaction } from './redaction.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' }, chart: { type: 'string' } },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new RangeError(`bench: --rounds must be an integer >= 1, got ${values.rounds}`);
const chosen = CASES.filter(({ id }) => positionals.every((word) => id.includes(word)));

console.log(`Time against the bare client in the same run, median of ${rounds} rounds (less is faster)\n`);
for (const one of chosen) console.log(await row(one));
if (positionals.length === 0 || positionals.includes('ledger'))
  console.log(`\n${await reportLedgers(rounds)}`);
if (positionals.length === 0 || positionals.includes('reuse')) console.log(`\n${await reportReuse()}`);
if (positionals.length === 0 || positionals.includes('stop')) console.log(`\n${await reportStopping()}`);
if (positionals.length === 0 || positionals.includes('stalls')) console.log(`\n${await reportStalls()}`);
if (positionals.length === 0 || positionals.includes('early')) console.log(`\n${await reportEarlyStop()}`);
if (positionals.length === 0 || positionals.includes('memory')) console.log(`\n${await reportMemory()}`);
if (positionals.length === 0 || positionals.includes('outage'))
  console.log(`\n${await reportOutage(values.chart)}`);
if (positionals.length === 0 || positionals.includes('redaction')) console.log(`\n${reportRedaction()}`);

async function row(one: Case): Promise<string> {
  const results: Paired[] = [];
  for (let round = 0; round < rounds; round++) results.push(await runFresh(one));
  const medians = results.map(({ ratios }) => median(ratios));
  const all = results.flatMap(({ ratios }) => ratios);
  const ratio = median(medians);
  const spread = `${quantile(all, 0.25).toFixed(2)} to ${quantile(all, 0.75).toFixed(2)}`;
  const base = `${median(results.map(({ baseMicros }) => baseMicros)).toFixed(0)} µs`;
  const verdict = one.target ? `${one.target.name}: at most ${one.target.atMost.toFixed(2)}` : '';
  const faster = one.where.startsWith('HTTP at')
    ? `${(1 / ratio).toFixed(2)} times the calls per second`
    : '';
  return [one.id.padEnd(62), ratio.toFixed(3), `(${spread})`, `bare ${base}`.padStart(14), verdict, faster]
    .join('  ')
    .trimEnd();
}

async function runFresh(one: Case): Promise<Paired> {
  const child = fork(new URL('./case.child.ts', import.meta.url), [one.id], { execArgv: process.execArgv });
  const [result] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`bench: ${one.id} ended with ${String(code)}`);
    }),
  ])) as [Paired];
  return result;
}
