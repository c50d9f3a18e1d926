import { systemClock, type Clock } from '@interpose/core';
import type {
  BreakerReport,
  BreakerRules,
  BreakerStore,
  EnterAnswer,
  EnterRequest,
  ReportAnswer,
} from './breaker-store.ts';

/** What is known of one key. There is nothing to know of one that only succeeds, but for its sample. */
interface Circuit {
  failures: number;
  /** Successes and failures by slice of the sample's time. */
  readonly slices: Map<number, [successes: number, failures: number]>;
  /** While it is open: until then. */
  until: number | undefined;
  /** How often it opened since it was closed. */
  opened: number;
  /** When each probe loses its place. */
  readonly probes: Map<string, number>;
  usedAt: number;
}

/** The parts that a sample's time is forgotten in. */
const SLICES = 10;
// Between two looks for what may be forgotten, and after which time nobody needs it.
const SWEEP_MS = 600_000;

/** Keeps the state of breakers in this process, for one layer or for several that share it. @param clock @default systemClock */
export function memoryBreakerStore(clock: Clock = systemClock): BreakerStore {
  const circuits = new Map<string, Circuit>();
  let nextSweep = 0;

  function sweep(now: number): void {
    if (now < nextSweep) return;
    nextSweep = now + SWEEP_MS;
    for (const [key, { until = 0, usedAt }] of circuits) {
      if (Math.max(until, usedAt) + SWEEP_MS < now) circuits.delete(key);
    }
  }

  function enter({ key, id, rules }: EnterRequest): EnterAnswer {
    const now = clock.monotonic();
    sweep(now);
    const circuit = circuits.get(key);
    if (circuit?.until === undefined) return { state: 'closed', admitted: true, retryMs: 0, changed: false };
    const { until, probes } = circuit;
    if (now < until)
      return { state: 'open', admitted: false, retryMs: Math.ceil(until - now), changed: false };
    for (const [probe, lapses] of probes) if (lapses <= now) probes.delete(probe);
    const changed = probes.size === 0;
    if (probes.size >= rules.maxProbes) {
      return {
        state: 'half-open',
        admitted: false,
        retryMs: Math.ceil(Math.min(...probes.values()) - now),
        changed: false,
      };
    }
    probes.set(id, now + rules.probeMs);
    return { state: 'half-open', admitted: true, retryMs: 0, changed };
  }

  function report(reported: BreakerReport): ReportAnswer {
    const { key, result } = reported;
    const now = clock.monotonic();
    const circuit = circuits.get(key) ?? fresh();
    circuit.usedAt = now;
    const answer =
      circuit.until === undefined ? counted(circuit, reported, now) : probed(circuit, reported, now);
    if (isBlank(circuit)) circuits.delete(key);
    else if (result !== 'none') circuits.set(key, circuit);
    return answer;
  }

  return {
    // A step of memory is over at once; that it is told by a promise is for those that are not.
    enter: async (request) => enter(request),
    report: async (reported) => report(reported),
  };
}

function fresh(): Circuit {
  return { failures: 0, slices: new Map(), until: undefined, opened: 0, probes: new Map(), usedAt: 0 };
}

function isBlank({ until, failures, slices }: Circuit): boolean {
  return until === undefined && failures === 0 && slices.size === 0;
}

function counted(circuit: Circuit, reported: BreakerReport, now: number): ReportAnswer {
  const { result, rules } = reported;
  if (result === 'none') return closed(false);
  circuit.failures = result === 'failure' ? circuit.failures + 1 : 0;
  if (rules.sample) sample(circuit, result, rules.sample.everyMs, now);
  return result === 'failure' && isTripped(circuit, rules) ? open(circuit, reported, now) : closed(false);
}

function probed(circuit: Circuit, reported: BreakerReport, now: number): ReportAnswer {
  const { id, result } = reported;
  const wasProbe = circuit.probes.delete(id);
  const until = circuit.until ?? 0;
  if (!wasProbe || result === 'none') {
    return {
      state: now < until ? 'open' : 'half-open',
      changed: false,
      retryMs: Math.max(0, Math.ceil(until - now)),
    };
  }
  if (result === 'failure') return open(circuit, reported, now);
  Object.assign(circuit, { failures: 0, until: undefined, opened: 0 });
  circuit.slices.clear();
  circuit.probes.clear();
  return closed(true);
}

function open(circuit: Circuit, { openMs, maxOpenMs }: BreakerReport, now: number): ReportAnswer {
  const ms = Math.min(maxOpenMs, openMs * 2 ** circuit.opened);
  circuit.opened++;
  circuit.until = now + ms;
  circuit.failures = 0;
  circuit.slices.clear();
  // What other probes find out counts for nothing any more.
  circuit.probes.clear();
  return { state: 'open', changed: true, retryMs: Math.ceil(ms) };
}

function closed(changed: boolean): ReportAnswer {
  return { state: 'closed', changed, retryMs: 0 };
}

function sample({ slices }: Circuit, result: 'success' | 'failure', everyMs: number, now: number): void {
  const current = Math.floor((now * SLICES) / everyMs);
  for (const slice of slices.keys()) if (slice <= current - SLICES) slices.delete(slice);
  const slice = slices.get(current) ?? [0, 0];
  slice[result === 'success' ? 0 : 1]++;
  slices.set(current, slice);
}

function isTripped({ failures, slices }: Circuit, { consecutive, sample }: BreakerRules): boolean {
  if (consecutive !== undefined && failures >= consecutive) return true;
  if (!sample) return false;
  let [good, bad] = [0, 0];
  for (const [successes, failed] of slices.values()) [good, bad] = [good + successes, bad + failed];
  return good + bad >= sample.minCalls && bad >= sample.share * (good + bad);
}
