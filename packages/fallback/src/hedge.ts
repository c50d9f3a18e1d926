import {
  ANSWERED_BY,
  CLOCK,
  deadline,
  detour,
  detoured,
  surface,
  type Call,
  type Clock,
  type Handler,
  type Plugin,
  type Reply,
  type Tried,
} from '@interpose/core';
import { Allowance } from './allowance.ts';
import { hedgeSettings, type HedgeOptions, type HedgeSettings } from './hedge-options.ts';
import { Race } from './race.ts';
import { RecentTimes } from './recent-times.ts';

/**
 * Starts another try of a call beside one that is slow to say anything, and goes on with whichever has content first; the
 * other is stopped. Bounded to a part of all calls. Both are paid for: what a provider had begun, it bills.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function hedge(options: HedgeOptions): Plugin {
  const settings = hedgeSettings(options);
  const { maxShare, shouldHedge } = settings;

  return {
    name: 'hedge',
    stage: 'recover',
    describe: settings.describe,
    create(container) {
      const hedger = new Hedger(settings, container.resolve(CLOCK), new Allowance(maxShare));
      return (next) =>
        function hedge(call) {
          hedger.saw();
          const byDefault = call.operation.sideEffect?.(call.params) === undefined;
          return call.replayable && shouldHedge({ call, byDefault }) ? hedger.send(call, next) : next(call);
        };
    },
  };
}

/** The unit of one layer. */
class Hedger {
  readonly #settings: HedgeSettings;
  readonly #clock: Clock;
  readonly #allowance: Allowance;
  readonly #times = new RecentTimes();

  constructor(settings: HedgeSettings, clock: Clock, allowance: Allowance) {
    this.#settings = settings;
    this.#clock = clock;
    this.#allowance = allowance;
  }

  /** A call came, whether it may be hedged or not. */
  saw(): void {
    this.#allowance.earn();
  }

  async send(call: Call, next: Handler): Promise<Reply> {
    const clock = this.#clock;
    const startedAt = clock.monotonic();
    const key = `${call.operation.name} ${call.model ?? ''} ${call.streamed}`;
    const waitMs = this.#waitMs(key);
    const race = new Race(next);
    race.start(call);
    let tried: Tried | undefined;
    try {
      if (waitMs !== undefined) {
        for (let hedges = 0; hedges < this.#settings.maxHedges && !tried; hedges++) {
          tried = await this.#endWithin(race, waitMs);
          if (!tried && !(await this.#another(race, call, hedges, clock.monotonic() - startedAt))) break;
        }
      }
      tried ??= await race.end();
    } finally {
      if (!tried) race.abandon();
    }
    // The time of one that was stopped is at least this.
    if (!tried.failure) this.#times.add(key, clock.monotonic() - startedAt);
    if (tried.failure) return surface(tried, call.signal);
    return marked(tried.reply);
  }

  /** How the race ends, if it does within that time. */
  async #endWithin(race: Race, ms: number): Promise<Tried | undefined> {
    const over = new AbortController();
    const ended = race.end();
    try {
      return await Promise.race([ended, this.#clock.sleep(ms, over.signal).then(() => undefined)]);
    } finally {
      over.abort(DONE);
    }
  }

  /** Starts another try, if it may be. */
  async #another(race: Race, call: Call, hedges: number, waitedMs: number): Promise<boolean> {
    const isOver = this.#clock.monotonic() >= call.get(deadline);
    if (call.signal.aborted || isOver || !this.#allowance.take()) return false;
    const { targets, onHedge } = this.#settings;
    const place = targets.length > 0 ? targets[hedges % targets.length] : undefined;
    if (place?.boundBy(call) !== undefined) return false;
    // A target that cannot be aimed at is none: the first try goes on alone.
    const aimed = place ? await place.aim(call, 'hedge').catch(() => undefined) : beside(call, hedges + 1);
    if (!aimed || call.signal.aborted) return false;
    const target = aimed.get(detour)?.target ?? call.operation.name;
    onHedge?.({ call, target, waitedMs });
    const { events } = call.runtime;
    if (events.active) events.emit(detoured, 'hedge', call, { kind: 'hedge', target, reason: 'slow' });
    race.start(aimed);
    return true;
  }

  #waitMs(key: string): number | undefined {
    const { after } = this.#settings;
    if (after.percentile === undefined) return after.ms;
    const usual = this.#times.percentile(key, after.percentile, after.minCalls);
    return usual === undefined ? undefined : Math.max(usual, after.atLeastMs);
  }
}

const DONE = new Error('it is done');

/** The same call once more. Under a key of its own: a provider that knows such keys would refuse the second of one. */
function beside(call: Call, number: number): Call {
  const key = call.headers.get('idempotency-key');
  const before = call.get(detour) ?? { same: true, target: call.model ?? call.operation.name };
  return call.with({
    context: [[detour, { ...before, kind: 'hedge' }]],
    ...(key !== null && { headers: { 'idempotency-key': `${key}-hedge-${number}` } }),
  });
}

function marked(reply: Reply): Reply {
  const by = reply.call.get(detour);
  return by?.kind === 'hedge' ? reply.setHeader(ANSWERED_BY, by.target) : reply;
}
