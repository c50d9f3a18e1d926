import {
  abortable,
  classify,
  eventType,
  faulted,
  type Call,
  type Clock,
  type EventType,
  type Failure,
  type Outcome,
  type Random,
} from '@interpose/core';
import { BreakerOpenError } from './breaker-error.ts';
import type { BreakerChange, BreakerSettings } from './breaker-options.ts';
import type { BreakerReport, BreakerState, BreakerStore, EnterAnswer } from './breaker-store.ts';

/** A breaker opened, probes or closed. */
export const breakerChanged: EventType<BreakerChange> = eventType('breaker.change');

/** What is known of one target. */
export interface TargetState {
  readonly target: string;
  readonly state: BreakerState;
  /** While it is open: when the next probe may go, in milliseconds since the epoch. */
  readonly probeAt?: number;
}

/** A call that was let through. */
export interface Pass {
  readonly call: Call;
  readonly key: string;
  readonly id: string;
  readonly isProbe: boolean;
}

// A little more than asked, so that processes that share no store do not probe together.
const JITTER = 0.1;
// For so long a store that failed is not asked again.
const STORE_PAUSE_MS = 1000;
// More targets than these are none of a configuration, but made up per call.
const MOST_SHOWN = 500;

/** The breakers of one layer. */
export class Circuits {
  readonly #settings: BreakerSettings;
  readonly #store: BreakerStore;
  readonly #clock: Clock;
  readonly #random: Random;
  /** Of those that are not closed, what was heard of them last. */
  readonly #known = new Map<string, { state: BreakerState; probeAt: number }>();
  #calls = 0;
  #pausedUntil = -Infinity;

  constructor(settings: BreakerSettings, store: BreakerStore, clock: Clock, random: Random) {
    this.#settings = settings;
    this.#store = store;
    this.#clock = clock;
    this.#random = random;
  }

  /**
   * Lets a call through; undefined where the store failed a moment ago and calls go without it.
   *
   * @throws {BreakerOpenError} for a target that is left alone; what the store throws.
   */
  async enter(call: Call): Promise<Pass | undefined> {
    const { key: keyOf, onFault } = this.#settings;
    if (onFault === 'open' && this.#clock.monotonic() < this.#pausedUntil) return undefined;
    const key = keyOf({ call });
    const pass: Pass = { call, key, id: `${call.id}-${++this.#calls}`, isProbe: true };
    const answer = await abortable(this.#asked(pass), call.signal);
    const { state, admitted, retryMs } = answer;
    this.#know(key, state, retryMs);
    if (state !== 'closed' && !admitted)
      throw new BreakerOpenError({ target: key, state, retryAfterMs: retryMs });
    if (answer.changed) this.#tell(call, { target: key, from: 'open', to: 'half-open', retryMs: 0 });
    return { ...pass, isProbe: state === 'half-open' };
  }

  /** A call that was let through has its end. */
  ended(pass: Pass, { status, failure }: Outcome): void {
    if (status === 'aborted' || status === 'abandoned') this.#report(pass, 'none');
    else this.#judge(pass, failure);
  }

  /** A call that was let through got no reply. */
  failed(pass: Pass, thrown: unknown): void {
    const failure = classify(thrown, pass.call.signal);
    const { kind } = failure;
    if (kind === 'aborted' || kind === 'refused') this.#report(pass, 'none');
    else this.#judge(pass, failure);
  }

  /** All targets that are not closed, as far as this process knows. */
  states(): readonly TargetState[] {
    const now = this.#clock.now();
    return [...this.#known].map(([target, { state, probeAt }]) => ({
      target,
      state: state === 'open' && probeAt <= now ? 'half-open' : state,
      ...(state === 'open' && { probeAt }),
    }));
  }

  /** Asks the store. A place that it gives to a caller who has left by then is given back. */
  async #asked(pass: Pass): Promise<EnterAnswer> {
    const { call, key, id } = pass;
    try {
      const answer = await this.#store.enter({ key, id, rules: this.#settings.rules });
      if (call.signal.aborted && answer.admitted && answer.state === 'half-open') this.#report(pass, 'none');
      return answer;
    } catch (error) {
      this.#pausedUntil = this.#clock.monotonic() + STORE_PAUSE_MS;
      throw error;
    }
  }

  #judge(pass: Pass, failure: Failure | undefined): void {
    const { call } = pass;
    const isFailure = failure !== undefined && this.#settings.shouldCount({ call, failure });
    this.#report(pass, isFailure ? 'failure' : 'success', failure);
  }

  #report({ call, key, id, isProbe }: Pass, result: BreakerReport['result'], failure?: Failure): void {
    if (result === 'none' && !isProbe) return;
    const { rules, openMs, maxOpenMs } = this.#settings;
    const asked = Math.max(openMs, failure?.retryAfterMs ?? 0) * (1 + this.#random.next() * JITTER);
    const report = { key, id, rules, result, openMs: Math.ceil(asked), maxOpenMs };
    const from = this.#known.get(key)?.state ?? 'closed';
    this.#store.report(report).then(
      ({ state, retryMs, changed: isNew }) => {
        this.#know(key, state, retryMs);
        if (isNew && state !== from)
          this.#tell(call, { target: key, from, to: state, retryMs, ...(failure && { failure }) });
      },
      (error: unknown) => {
        // The call has its answer. A place that was not given back lapses.
        this.#pausedUntil = this.#clock.monotonic() + STORE_PAUSE_MS;
        call.runtime.events.emit(faulted, 'breaker', call, { error, open: true });
      },
    );
  }

  #know(key: string, state: BreakerState, retryMs: number): void {
    this.#known.delete(key);
    if (state === 'closed' || this.#known.size >= MOST_SHOWN) return;
    this.#known.set(key, { state, probeAt: this.#clock.now() + retryMs });
  }

  #tell(call: Call, change: BreakerChange): void {
    const { events } = call.runtime;
    if (events.active) events.emit(breakerChanged, 'breaker', call, change);
    try {
      this.#settings.onChange?.(change);
    } catch (error) {
      // It comes while nobody's call is at hand; nobody is to pay for it.
      events.emit(faulted, 'breaker', call, { error, open: true });
    }
  }
}
