import { classify, detour, faulted, type Call, type Clock, type Reply } from '@interpose/core';
import { Keys, type Key } from './keys.ts';
import { Lane } from './lane.ts';
import { Leases } from './leases.ts';
import { LimitExceededError } from './limit-error.ts';
import type { LimitSettings } from './limit-options.ts';
import type { LimitSettlement, LimitStore, TakeRequest } from './limit-store.ts';
import { Needs, unused } from './needs.ts';
import { Pace } from './pace.ts';
import { rateHeaders } from './rate-headers.ts';

/** What a call took when it was let through. */
export interface Pass {
  readonly call: Call;
  readonly name: string;
  readonly key: Key;
  readonly take: TakeRequest;
  /** As many were reserved. */
  readonly tokens: number;
}

/** Lets calls through, and hears what becomes of them. */
export class Gate {
  readonly #clock: Clock;
  readonly #store: LimitStore;
  readonly #needs: Needs;
  readonly #leases: Leases;
  readonly #keys: Keys;
  /** Whether what a call took has to be settled when its reply ends. */
  readonly #held: boolean;

  constructor(settings: LimitSettings, clock: Clock, store: LimitStore) {
    const { maxWaitMs, maxQueue, adaptive, leaseMs, tokens, concurrency } = settings;
    this.#clock = clock;
    this.#store = store;
    this.#needs = new Needs(settings);
    this.#leases = new Leases(clock, store, leaseMs);
    this.#held = tokens !== undefined || concurrency !== undefined;
    const rules = { clock, store, maxWaitMs, maxQueue, limitOf: this.#needs.limitOf };
    this.#keys = new Keys(clock, () => {
      const pace = adaptive ? new Pace() : undefined;
      return { lane: new Lane(rules, pace), pace, underWay: 0, pending: 0 };
    });
  }

  /**
   * Waits until a call may go.
   *
   * @throws {LimitExceededError} when that would be too late; the signal's reason; what the store throws.
   */
  async enter(call: Call, tokens: number): Promise<Pass> {
    if (this.#needs.tooMany(tokens)) {
      throw new LimitExceededError({ limit: 'tokens', retryAfterMs: undefined, queueLength: 0 });
    }
    const name = this.#needs.keyOf(call);
    const key = this.#keys.of(name + placeOf(call));
    const take = this.#needs.of(call, name, tokens);
    const pass: Pass = { call, name, key, take, tokens };
    key.underWay++;
    try {
      await key.lane.enter({ call, take, tokens });
    } catch (error) {
      key.underWay--;
      throw error;
    }
    if (call.signal.aborted) {
      this.#settle(pass, unused(take));
      throw call.signal.reason;
    }
    if (take.slot) this.#leases.hold(take.slot);
    key.pending++;
    return pass;
  }

  /** A call that was let through has its reply. */
  answered(pass: Pass, reply: Reply): Reply {
    const { key, take, name, tokens } = pass;
    key.pending--;
    this.#learn(key, reply);
    if (!this.#held) key.underWay--;
    else {
      void reply.outcome.then(({ usage }) =>
        this.#settle(pass, this.#needs.corrected(take, name, tokens, usage)),
      );
    }
    return reply;
  }

  /** A call that was let through has got no reply. What was sent is counted by the provider, whatever became of it. */
  failed(pass: Pass, error: unknown): void {
    const { key, call, take } = pass;
    key.pending--;
    const sent = classify(error, call.signal).kind !== 'refused';
    this.#settle(pass, sent ? { rates: [], slots: take.slot ? [take.slot] : [] } : unused(take));
  }

  /** Renews no slots any more. */
  close(): void {
    this.#leases.close();
  }

  /** Tells the store what became of a call, and the queue that something may have come free. */
  #settle({ call, key }: Pass, settlement: LimitSettlement): void {
    key.underWay--;
    for (const slot of settlement.slots) this.#leases.drop(slot);
    if (settlement.slots.length + settlement.rates.length === 0) return;
    this.#store.settle(settlement).then(
      () => key.lane.wake(),
      // The call has its answer; what is not given back is earned again, or lapses.
      (error: unknown) => call.runtime.events.emit(faulted, 'limit', call, { error, open: true }),
    );
  }

  /** Learns what the provider says of its limits. */
  #learn({ pace, pending }: Key, reply: Reply): void {
    if (!pace || reply.source !== 'provider') return;
    const clock = this.#clock;
    const headers = rateHeaders(reply.headers, clock.now());
    pace.answered(clock.monotonic(), headers, pending);
    if (reply.ok) pace.succeeded(clock.monotonic());
    if (reply.status !== 429) return;
    // A spent quota is a 429 as well, and no pace will help.
    void reply.failure().then(
      (failure) => failure?.kind === 'rate_limited' && pace.refused(clock.monotonic(), headers),
      () => {},
    );
  }
}

/** Another model or provider has a pace of its own: one that asks to wait does not speak for those that calls flee to. */
function placeOf(call: Call): string {
  const elsewhere = call.get(detour);
  return elsewhere === undefined || elsewhere.same === true ? '' : ` at ${elsewhere.target}`;
}
