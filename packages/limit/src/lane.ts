import { deadline, waiting, type Call, type Clock } from '@interpose/core';
import { LimitExceededError, type LimitName } from './limit-error.ts';
import type { LimitStore, TakeAnswer, TakeRequest } from './limit-store.ts';
import { unused } from './needs.ts';
import type { Pace } from './pace.ts';

// So many failures of the store in a row are an outage: whoever waits then does not wait for one time-out after another.
const OUTAGE = 2;
// How often a slot is asked for that other processes hold. One that comes free in this process is noticed at once.
const POLL_MS = 50;

/** What the lanes of a unit share. */
export interface LaneRules {
  readonly clock: Clock;
  readonly store: LimitStore;
  readonly maxWaitMs: number;
  readonly maxQueue: number;
  /** Which limit a key of the store counts. */
  readonly limitOf: (key: string) => LimitName;
}

/** What a call asks of its lane. */
export interface Asking {
  readonly call: Call;
  readonly take: TakeRequest;
  /** For the limits of the provider. */
  readonly tokens: number;
}

interface Waiter extends Asking {
  readonly since: number;
  /** When it has waited for as long as it may. */
  readonly until: number;
  /** Lets it go, or ends its wait with an error. */
  readonly end: (error?: unknown) => void;
  /** Why it has to wait. */
  reason: 'rate limit' | 'concurrency';
  gone: boolean;
}

/** The queue of one key: first come, first served. Only its head asks the store, so nobody overtakes. */
export class Lane {
  readonly #rules: LaneRules;
  readonly #pace: Pace | undefined;
  readonly #queue: Waiter[] = [];
  /** When all that was taken of each rate will have been earned, as far as is known here. */
  #earnedAt: number[] = [];
  #running = false;
  /** Ends the sleep of the head. */
  #alarm: AbortController | undefined;
  #woken = false;
  /** How often the store failed since it last answered. */
  #failures = 0;

  constructor(rules: LaneRules, pace: Pace | undefined) {
    this.#rules = rules;
    this.#pace = pace;
  }

  /** Whether nobody waits here. */
  get idle(): boolean {
    return this.#queue.length === 0;
  }

  /**
   * Waits until the call may go, and takes what it needs.
   *
   * @throws {LimitExceededError} when it would have to wait for too long; the signal's reason; what the store throws.
   */
  enter(asking: Asking): Promise<void> {
    const { clock, maxQueue } = this.#rules;
    const { signal } = asking.call;
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    // While nobody sleeps here, those in the queue do not wait yet: the store is asked for one after the other.
    if (this.#alarm && this.#queue.length >= maxQueue)
      return Promise.reject(this.#refusal('queue', undefined));
    const tooLong = this.#tooLong(asking);
    if (tooLong) return Promise.reject(tooLong);
    return new Promise((resolve, reject) => {
      const leave = (): void => waiter.end(signal.reason);
      const end = (error?: unknown): void => {
        if (waiter.gone) return;
        waiter.gone = true;
        signal.removeEventListener('abort', leave);
        // The next in the queue may be able to go now, or have to give up.
        if (this.#queue[0] === waiter) this.wake();
        this.#queue.splice(this.#queue.indexOf(waiter), 1);
        this.#report(waiter);
        if (error === undefined) resolve();
        else reject(error);
      };
      const since = clock.monotonic();
      const until = since + this.#mayWaitMs(asking.call);
      const waiter: Waiter = { ...asking, since, until, end, reason: 'rate limit', gone: false };
      signal.addEventListener('abort', leave, { once: true });
      this.#queue.push(waiter);
      if (!this.#running) void this.#run();
    });
  }

  /** Something came free: the head looks again. */
  wake(): void {
    this.#woken = true;
    this.#alarm?.abort();
  }

  async #run(): Promise<void> {
    const { clock } = this.#rules;
    this.#running = true;
    for (let head = this.#queue[0]; head; head = this.#queue[0]) {
      this.#woken = false;
      const paceMs = this.#pace?.waitMs(clock.monotonic(), head.tokens) ?? 0;
      if (paceMs > 0) await this.#hold(head, paceMs, 'provider');
      else await this.#ask(head);
    }
    this.#running = false;
  }

  async #ask(head: Waiter): Promise<void> {
    const { clock, store, limitOf } = this.#rules;
    const { rates, slot } = head.take;
    if (rates.length === 0 && !slot) {
      this.#pace?.sent(clock.monotonic(), head.tokens);
      head.end();
      return;
    }
    let answer: TakeAnswer;
    try {
      answer = await store.take(head.take);
    } catch (error) {
      // It may have been taken, and only the answer be lost. What the rates lost is earned again.
      if (slot) store.settle({ rates: [], slots: [slot] }).catch(() => {});
      const reason: unknown = error ?? new Error('the store failed and gave no reason');
      const isOutage = ++this.#failures >= OUTAGE;
      for (const each of isOutage ? [...this.#queue] : [head]) each.end(reason);
      return;
    }
    this.#failures = 0;
    const now = clock.monotonic();
    this.#earnedAt = answer.aheadUs.map((us) => now + us / 1000);
    if (!answer.taken) {
      if (!head.gone) await this.#hold(head, answer.retryMs, limitOf(answer.short ?? ''));
    } else if (head.gone) {
      // Its caller left while the store was asked. It was for nobody, so nobody is told when that fails.
      await store.settle(unused(head.take)).catch(() => {});
    } else {
      this.#pace?.sent(now, head.tokens);
      head.end();
    }
  }

  /** Waits for what the head is short of, until somebody wakes it; refuses it where that is too long. */
  async #hold(head: Waiter, ms: number, limit: LimitName): Promise<void> {
    const { clock } = this.#rules;
    const leftMs = head.until - clock.monotonic();
    const unknown = limit === 'concurrency';
    head.reason = unknown ? 'concurrency' : 'rate limit';
    if (leftMs <= 0 || (!unknown && ms > leftMs)) {
      head.end(this.#refusal(limit, unknown ? undefined : ms, 0));
      return;
    }
    for (const late of this.#queue.slice(this.#rules.maxQueue)) {
      late.end(this.#refusal('queue', undefined, this.#rules.maxQueue));
    }
    if (this.#woken || head.gone) return;
    this.#alarm = new AbortController();
    await clock.sleep(unknown ? Math.min(POLL_MS, leftMs) : ms, this.#alarm.signal).catch(() => {});
    this.#alarm = undefined;
  }

  /** How long a call may wait from now on. */
  #mayWaitMs(call: Call): number {
    const { clock, maxWaitMs } = this.#rules;
    return Math.min(maxWaitMs, call.get(deadline) - clock.monotonic());
  }

  /** The refusal of a call of which it is known at once that it would wait for too long. */
  #tooLong({ call, take, tokens }: Asking): LimitExceededError | undefined {
    const { clock, limitOf } = this.#rules;
    const now = clock.monotonic();
    let longest =
      this.#pace?.waitMs(now, tokens + sum(this.#queue, (w) => w.tokens), this.#queue.length + 1) ?? 0;
    let limit: LimitName = 'provider';
    for (const [index, { key, costUs, burstUs }] of take.rates.entries()) {
      const earnedAt = Math.max(now, this.#earnedAt[index] ?? now);
      const aheadUs = sum(this.#queue, (waiter) => waiter.take.rates[index]?.costUs ?? 0);
      const waitMs = Math.ceil(earnedAt - now + (aheadUs + costUs - burstUs) / 1000);
      if (waitMs > longest) [longest, limit] = [waitMs, limitOf(key)];
    }
    // With nobody before it, the store knows better.
    return longest > this.#mayWaitMs(call) && !this.idle ? this.#refusal(limit, longest) : undefined;
  }

  #refusal(
    limit: LimitName,
    retryAfterMs: number | undefined,
    queueLength: number = this.#queue.length,
  ): LimitExceededError {
    return new LimitExceededError({ limit, retryAfterMs, queueLength });
  }

  #report({ call, since, reason }: Waiter): void {
    const { clock } = this.#rules;
    const { events } = call.runtime;
    const ms = Math.round(clock.monotonic() - since);
    if (events.active && ms > 0) events.emit(waiting, 'limit', call, { ms, reason });
  }
}

function sum(waiters: readonly Waiter[], of: (waiter: Waiter) => number): number {
  return waiters.reduce((total, waiter) => total + of(waiter), 0);
}
