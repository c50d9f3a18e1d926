import {
  CLOCK,
  EVENTS,
  LIFETIME,
  LOGGER,
  PRICES,
  TOKEN_COUNTER,
  abortable,
  classify,
  deadline,
  detour,
  faulted,
  usageWanted,
  waiting,
  type Call,
  type Clock,
  type DependencyContainer,
  type Events,
  type Handler,
  type Logger,
  type Money,
  type Reply,
  type Usage,
} from '@interpose/core';
import { Books, type Booking } from './booking.ts';
import { BudgetExceededError, UnpricedModelError } from './budget-error.ts';
import { NOTHING_SENT, chargeOf, chargeOfFailure, type Charge } from './charge.ts';
import { costOf, estimateOf, type Estimate, type Estimator } from './estimate.ts';
import { LEDGER, SPEND, type Spending } from './ledger.ts';
import { Leases } from './leases.ts';
import { moneyOf } from './limit.ts';
import { memoryLedger } from './memory-ledger.ts';
import { dollarRule, type BudgetSettings } from './options.ts';
import { postingOf } from './posting.ts';

/** A call that may be sent: as it is to be sent, and what is held for it. */
interface Booked {
  readonly call: Call;
  readonly booking: Booking;
  readonly estimate: Estimate;
}

// How often a settlement is tried again, and after how long at first, twice as long each time.
const SETTLE_ATTEMPTS = 6;
const SETTLE_DELAY_MS = 100;
// How often a call in the queue looks whether there is enough now.
const LOOK_MS = 250;

/** The unit of one layer. */
export class Spender {
  readonly #settings: BudgetSettings;
  readonly #clock: Clock;
  readonly #events: Events;
  readonly #logger: Logger;
  readonly #estimator: Estimator;
  readonly #books: Books;
  readonly #settling = new Set<Promise<void>>();
  #bookings = 0;

  constructor(
    container: DependencyContainer,
    settings: BudgetSettings,
    defaults: Pick<Estimator, 'counter' | 'prices'>,
  ) {
    this.#settings = settings;
    this.#clock = container.resolve(CLOCK);
    this.#events = container.resolve(EVENTS);
    this.#logger = container.resolve(LOGGER);
    this.#estimator = {
      counter: container.isRegistered(TOKEN_COUNTER, true)
        ? container.resolve(TOKEN_COUNTER)
        : defaults.counter,
      prices: container.isRegistered(PRICES, true) ? container.resolve(PRICES) : defaults.prices,
      assumeOutput: settings.assumeOutput,
    };
    const { rules, leaseMs } = settings;
    const ledger =
      settings.ledger ??
      (container.isRegistered(LEDGER, true) ? container.resolve(LEDGER) : memoryLedger(this.#clock));
    const spending: Spending = { report: (query) => ledger.spend(query) };
    container.register(SPEND, { useValue: spending });
    const warn = (): void =>
      this.#logger.warn({}, 'budget: leases could not be renewed; the next time may do');
    const leases = new Leases(ledger, this.#clock, leaseMs, warn);
    this.#books = new Books({ rules, ledger, leases, leaseMs, now: () => this.#clock.now() });
    container.resolve(LIFETIME).onClose(async () => {
      leases.close();
      await Promise.all(this.#settling);
    });
  }

  /** Sends a call, if its limits allow it, and settles what it came to. */
  async spend(call: Call, next: Handler): Promise<Reply> {
    const booked = await this.#book(call);
    const sent = booked.call.with({ context: [[usageWanted, true]] });
    if (call.signal.aborted) {
      this.#settle(booked, NOTHING_SENT);
      throw call.signal.reason;
    }
    let reply: Reply;
    try {
      reply = await next(sent);
    } catch (error) {
      const failure = classify(error, call.signal);
      this.#settle(booked, chargeOfFailure(sent, failure, booked.estimate, this.#estimator.prices));
      throw error;
    }
    let chunks = 0;
    if (reply.streamed) reply.tap({ event: () => void chunks++ });
    void reply.outcome.then((outcome) => {
      const price = (usage: Usage): Money | null => this.#priced(sent, usage, outcome);
      this.#settle(booked, chargeOf(sent, outcome, booked.estimate, chunks, price));
    });
    return reply;
  }

  async #book(call: Call): Promise<Booked> {
    const { onExceed } = this.#settings;
    try {
      return await this.#hold(call);
    } catch (error) {
      if (!(error instanceof BudgetExceededError) || onExceed === 'refuse') throw error;
      if (onExceed === 'queue') return this.#queued(call, error);
      const { downgradeTo } = onExceed;
      const smaller = { kind: 'route', target: downgradeTo } as const;
      return this.#hold(
        call.with({ params: { ...call.params, model: downgradeTo }, context: [[detour, smaller]] }),
      );
    }
  }

  async #hold(call: Call): Promise<Booked> {
    const { signal } = call;
    const estimate = this.#decided(call, await abortable(estimateOf(call, this.#estimator), signal));
    // Attempts of one call are booked one by one, perhaps at the same time.
    const id = `${call.id}-${++this.#bookings}`;
    const holding = this.#books.hold(call, id, estimate);
    try {
      return { call, estimate, booking: await abortable(holding, signal) };
    } catch (error) {
      // Its caller left. What is held all the same is for nobody.
      const giveBack = (booking: Booking): void => this.#settle({ call, booking, estimate }, NOTHING_SENT);
      if (signal.aborted) holding.then(giveBack, () => {});
      throw error;
    }
  }

  /** Waits until there is enough, as long as there may be in time. */
  async #queued(call: Call, first: BudgetExceededError): Promise<Booked> {
    const until = Math.min(this.#clock.monotonic() + this.#settings.maxWaitMs, call.get(deadline));
    for (let error = first; ;) {
      const left = until - this.#clock.monotonic();
      const resets = error.resetsAt ? error.resetsAt.getTime() - this.#books.now : Infinity;
      const hopeless = error.spent + error.asked > error.cap && resets > left;
      if (left <= 0 || hopeless) throw error;
      const ms = Math.min(left, LOOK_MS, Math.max(1, resets));
      this.#events.emit(waiting, 'budget', call, { ms, reason: 'queue' });
      await this.#clock.sleep(ms, call.signal);
      try {
        return await this.#hold(call);
      } catch (again) {
        if (!(again instanceof BudgetExceededError)) throw again;
        error = again;
      }
    }
  }

  /** Decides what a model without a price is taken for. */
  #decided(call: Call, estimate: Estimate): Estimate {
    const rule = estimate.cost === null ? dollarRule(this.#settings.rules, call) : undefined;
    if (!rule) return estimate;
    const { unknownModel } = this.#settings;
    if (unknownModel === 'refuse') throw new UnpricedModelError(call.model ?? '', rule.name);
    if (unknownModel === 'allow') return estimate;
    return { ...estimate, cost: this.#assumed(estimate.inputTokens + estimate.outputTokens) };
  }

  #priced(
    call: Call,
    usage: Usage,
    answered: { readonly model?: string; readonly serviceTier?: string },
  ): Money | null {
    const cost = costOf(call, usage, this.#estimator.prices, answered);
    return cost === null && this.#settings.unknownModel === 'estimate'
      ? this.#assumed(usage.totalTokens)
      : cost;
  }

  #assumed(tokens: number): Money {
    return Math.ceil((tokens * moneyOf(this.#settings.assumePrice)) / 1e6);
  }

  #settle({ call, booking }: Booked, charge: Charge): void {
    const { usage, model, cost } = charge;
    const posting = charge.calls > 0 ? postingOf(call, model, usage, cost, this.#books.now) : undefined;
    const done = this.#settled(call, async () => this.#books.settle(call, booking, charge, posting)).finally(
      () => this.#settling.delete(done),
    );
    this.#settling.add(done);
  }

  /** A ledger that does not answer is asked again; and if it never does, the lease lapses to what was held. */
  async #settled(call: Call, settle: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await settle();
      } catch (error) {
        if (attempt >= SETTLE_ATTEMPTS) {
          this.#events.emit(faulted, 'budget', call, { error, open: true });
          const told = { callId: call.id, error: error instanceof Error ? error.name : typeof error };
          this.#logger.error(told, 'budget: a call could not be settled; it counts as what was held for it');
          return;
        }
      }
      await this.#clock.sleep(SETTLE_DELAY_MS * 2 ** (attempt - 1));
    }
  }
}
