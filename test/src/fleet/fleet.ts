import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Grant, Log, Order, Place, Shift } from './shift.ts';

/** What came of it, by the time of the store. */
interface FleetResult {
  readonly place: Place['kind'];
  readonly granted: number;
  /** How many processes had a part in it. */
  readonly served: number;
  /** The most in any window of the limit. */
  readonly most: number;
  /** By how many calls the worst of all spans, of whatever length T, is beyond burst + rate * T; 0 where none is. */
  readonly beyond: number;
  /** Which part of the limit is used at this pace: what the rate makes up for late timers with is lost, and any time in which nobody asked. */
  readonly share: number;
  /** Of one take, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly takes: number;
  readonly errors: readonly string[];
}

/** Processes that wait for work. */
export interface Fleet extends AsyncDisposable {
  /**
   * Has them all call for `ms` as fast as they are let, and puts together what the store let go.
   *
   * @param processes how many have a part in it. @default all
   */
  run(shift: Shift, ms: number, processes?: number): Promise<FleetResult>;
}

/** Starts so many processes. */
export async function fleetOf(size: number): Promise<Fleet> {
  const children = Array.from({ length: size }, () =>
    fork(new URL('./worker.child.ts', import.meta.url), [], {
      execArgv: ['--conditions=@interpose/source', '--disable-warning=ExperimentalWarning'],
    }),
  );
  await Promise.all(children.map(told));

  return {
    async run(shift, ms, processes = size) {
      const workers = children.slice(0, processes);
      const order = (what: Order): void => {
        for (const child of workers) child.send(what);
      };
      const ready = Promise.all(workers.map(told));
      order(shift);
      await ready;
      const logs = Promise.all(workers.map(told));
      order('go');
      await sleep(ms);
      order('stop');
      return resultOf(shift, (await logs) as Log[]);
    },
    async [Symbol.asyncDispose]() {
      const exits = children.map((child) => once(child, 'exit'));
      for (const child of children) child.kill();
      await Promise.all(exits);
    },
  };
}

/** The next thing that a worker says. */
async function told(child: ChildProcess): Promise<unknown> {
  return ((await once(child, 'message')) as unknown[])[0];
}

function resultOf({ place, limit, everyMs }: Shift, logs: readonly Log[]): FleetResult {
  const grants = logs.flatMap((log) => log.grants).toSorted((a, b) => a.at - b.at);
  const takes = logs.flatMap((log) => log.takes).toSorted((a, b) => a - b);
  const quantile = (part: number): number => takes[Math.floor(takes.length * part)] ?? 0;
  return {
    place: place.kind,
    granted: grants.length,
    served: logs.filter((log) => log.grants.length > 0).length,
    most: mostInAnyWindow(grants, everyMs * 1000),
    beyond: beyondAnySpan(grants),
    share: usedShare(grants) * ((everyMs * 1000) / ((grants[0]?.costUs ?? NaN) * limit)),
    p50: quantile(0.5),
    p99: quantile(0.99),
    takes: takes.length,
    errors: [...new Set(logs.flatMap((log) => log.errors))],
  };
}

/** The most that any window `[t, t + everyUs)` holds. */
function mostInAnyWindow(grants: readonly Grant[], everyUs: number): number {
  let most = 0;
  let from = 0;
  for (const [index, { at }] of grants.entries()) {
    while ((grants[from]?.at ?? at) <= at - everyUs) from++;
    most = Math.max(most, index - from + 1);
  }
  return most;
}

/**
 * In a span T there may be n calls where n * cost <= burst + T. For the span from one call to another, all costs up to the
 * second, less its time, may not rise by more than `burst - cost` over what it was at the first.
 */
function beyondAnySpan(grants: readonly Grant[]): number {
  let [least, beyond] = [Infinity, 0];
  for (const [index, { at, costUs, burstUs }] of grants.entries()) {
    const level = index * costUs - at;
    least = Math.min(least, level);
    beyond = Math.max(beyond, (level - least - (burstUs - costUs)) / costUs);
  }
  return beyond;
}

/**
 * Time is lost to a rate when all that was taken has been earned, its burst included, and nobody takes. The first third
 * is left out: what processes lose that have just started, and run cold, is not lost by the limit.
 */
function usedShare(grants: readonly Grant[]): number {
  const [first, last] = [grants[0]?.at ?? 0, grants.at(-1)?.at ?? 0];
  const warm = first + (last - first) / 3;
  let [earned, lost] = [first, 0];
  for (const { at, costUs } of grants) {
    lost += Math.max(0, at - Math.max(earned, warm));
    earned = Math.max(earned, at) + costUs;
  }
  return 1 - lost / (last - warm);
}
