import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import {
  CALLS,
  LIMIT_PER_SECOND,
  OUTAGE_SUBJECTS,
  PHASES,
  SECONDS,
  type OutageResult,
  type OutageSubject,
} from './bad-day.ts';
import { outageChart } from './outage-chart.ts';

/**
 * Lives through a provider's bad day of 10,000 calls with each stack, in virtual time: the same each time it is run.
 *
 * @param chart a file for a picture of it.
 */
export async function reportOutage(chart?: string): Promise<string> {
  const results: [OutageSubject, OutageResult][] = [];
  for (const subject of OUTAGE_SUBJECTS) results.push([subject, await live(subject)]);
  if (chart !== undefined) writeFileSync(chart, outageChart(results));
  return [
    `A bad day: ${CALLS} calls in ${SECONDS} s, the provider down, then limited to ${LIMIT_PER_SECOND} requests a second, then well`,
    row('', ...PHASES.map(({ name }) => name), 'all', '2nd minute'),
    ...results.flatMap(([subject, result]) => rows(subject, result)),
  ].join('\n');
}

function rows(subject: OutageSubject, { requests, retried, answered, elsewhere }: OutageResult): string[] {
  const inPhases = (values: readonly number[]): number[] => [
    ...PHASES.map(({ until }, index) => sum(values.slice(PHASES[index - 1]?.until ?? 0, until))),
    sum(values),
  ];
  const calls = PHASES.map(
    ({ until }, index) => ((until - (PHASES[index - 1]?.until ?? 0)) * CALLS) / SECONDS,
  );
  const share = (count: number, index: number): string =>
    `${((100 * count) / (calls[index] ?? CALLS)).toFixed(1)} %`;
  const minute = (60 * CALLS) / SECONDS;
  return [
    row(`${subject}: requests`, ...inPhases(requests).map(String)),
    row(
      '  retries, of the calls',
      ...inPhases(retried).map(share),
      `${((100 * sum(retried.slice(60, 120))) / minute).toFixed(1)} %`,
    ),
    row('  answered', ...inPhases(answered).map(share)),
    ...(sum(elsewhere) > 0 ? [row('  requests elsewhere', ...inPhases(elsewhere).map(String))] : []),
  ];
}

function row(name: string, ...cells: readonly string[]): string {
  return `  ${name.padEnd(28)}${cells.map((cell) => cell.padStart(11)).join('')}`.trimEnd();
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

async function live(subject: OutageSubject): Promise<OutageResult> {
  const child = fork(new URL('./outage.child.ts', import.meta.url), [subject], {
    execArgv: process.execArgv,
  });
  const [result] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`bench: the outage of ${subject} ended with ${String(code)}`);
    }),
  ])) as [OutageResult];
  return result;
}
