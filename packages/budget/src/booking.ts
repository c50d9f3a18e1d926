import { eventType, balance, type Call, type EventType, type Money } from '@interpose/core';
import { BudgetExceededError } from './budget-error.ts';
import type { Estimate } from './estimate.ts';
import type { AccountState, Entry, Ledger, Posting, ReserveResult } from './ledger.ts';
import type { Leases } from './leases.ts';
import { moneyOf, type Rule, type Unit } from './limit.ts';
import type { Window } from './window.ts';

/** A limit reached one of its soft fractions. Reported once for each window, by each process that notices. */
export const budgetWarning: EventType<BudgetWarning> = eventType('budget.warning');

/** The data of {@link budgetWarning}. */
export interface BudgetWarning {
  readonly limit: string;
  readonly unit: Unit;
  /** The fraction that was reached. */
  readonly fraction: number;
  /** Spent and held, in nano-USD, tokens or calls. */
  readonly used: number;
  readonly cap: number;
}

/** What a call came to, or may come to, in each unit. */
export interface Amounts {
  /** Null where no price is known. */
  readonly cost: Money | null;
  readonly tokens: number;
  readonly calls: number;
}

/** A limit on the books for one call. */
interface Line {
  readonly rule: Rule;
  readonly window: Window;
  readonly entry: Entry;
}

/** What is held for one call. */
export interface Booking {
  readonly id: string;
  readonly lines: readonly Line[];
}

// How long an account is kept after its window: calls that began in it may still be under way.
const AFTER_WINDOW_MS = 86_400_000;
// Of a limit that does not start anew.
const FOREVER_MS = 3_650 * 86_400_000;

/** What the books are kept with. */
export interface BooksInit {
  readonly rules: readonly Rule[];
  readonly ledger: Ledger;
  readonly leases: Leases;
  readonly leaseMs: number;
  readonly now: () => number;
}

/** Applies the limits to calls: holds before they are sent, and settles what they came to. */
export class Books {
  readonly #init: BooksInit;
  /** By how much the ledger's clock is ahead of ours: windows go by the one that all share. */
  #ahead = 0;
  /** The warnings of the windows that are open. */
  readonly #warned = new Map<string, number>();

  constructor(init: BooksInit) {
    this.#init = init;
  }

  /** The time by the ledger. */
  get now(): number {
    return this.#init.now() + this.#ahead;
  }

  /**
   * Holds what a call may come to.
   *
   * @throws {BudgetExceededError} when a limit has not enough left.
   */
  async hold(call: Call, id: string, estimate: Estimate): Promise<Booking> {
    const asked: Amounts = {
      cost: estimate.cost,
      tokens: estimate.inputTokens + estimate.outputTokens,
      calls: 1,
    };
    const rules = this.#init.rules.filter((rule) => rule.applies(call));
    for (const rule of rules) refuseAlone(rule, asked);
    for (let part = 0; ; part++) {
      const lines = rules.flatMap((rule) => this.#lineOf(rule, call, asked));
      const booking: Booking = { id: part === 0 ? id : `${id}.${part}`, lines };
      const result = await this.#reserve(booking);
      if (result.exceeded) throw this.#exceeded(lines, result.exceeded);
      // By the ledger's clock it is another window already; and once more at most, or it would have no end.
      if (part > 0 || lines.every(({ rule, window }) => rule.windowOf?.(this.now).label === window.label)) {
        this.#init.leases.add(booking.id);
        this.#look(call, lines, result.accounts);
        return booking;
      }
      await this.#init.ledger.settle({ id: booking.id, amounts: {} });
    }
  }

  /** Puts what a call came to in the place of what was held. */
  async settle(call: Call, { id, lines }: Booking, came: Amounts, posting?: Posting): Promise<void> {
    this.#init.leases.remove(id);
    const amounts = Object.fromEntries(
      lines.map(({ rule, entry }) => [entry.account, amountOf(rule.unit, came) ?? entry.amount]),
    );
    const accounts = await this.#init.ledger.settle({ id, amounts, ...(posting && { posting }) });
    this.#look(call, lines, accounts);
    const { events } = call.runtime;
    if (!events.active) return;
    for (const { rule, entry } of lines) {
      const state = accounts.find(({ account }) => account === entry.account);
      if (!state) continue;
      const left = Math.max(0, entry.cap - state.spent - state.held);
      const remaining = rule.unit === 'usd' ? left / moneyOf(1) : left;
      events.emit(balance, 'budget', call, { limit: rule.name, unit: rule.unit, remaining });
    }
  }

  #reserve({ id, lines }: Booking): Promise<ReserveResult> {
    const { ledger, leaseMs } = this.#init;
    return ledger.reserve({ id, leaseMs, entries: lines.map(({ entry }) => entry) }).then(
      (result) => {
        this.#ahead = result.at - this.#init.now();
        return result;
      },
      (error: unknown) => {
        // It may have been held all the same, and only the answer be lost. The lease is the last resort.
        ledger.settle({ id, amounts: {} }).catch(() => {});
        throw error;
      },
    );
  }

  /** The account that a rule has for a call; none where it is of single calls, or the unit is not known. */
  #lineOf(rule: Rule, call: Call, asked: Amounts): Line[] {
    const amount = amountOf(rule.unit, asked);
    if (!rule.windowOf || amount === undefined) return [];
    const { now } = this;
    const window = rule.windowOf(now);
    const keepMs = window.end === Infinity ? FOREVER_MS : window.end - now + AFTER_WINDOW_MS;
    const account = JSON.stringify([rule.name, rule.keyOf(call), window.label]);
    return [{ rule, window, entry: { account, cap: rule.cap, amount, keepMs } }];
  }

  #exceeded(lines: readonly Line[], { account, spent, held }: AccountState): BudgetExceededError {
    const line = lines.find(({ entry }) => entry.account === account) as Line;
    const { rule, window, entry } = line;
    const key = (JSON.parse(account) as string[])[1];
    return new BudgetExceededError({
      limit: key ? `${rule.name}: ${key}` : rule.name,
      unit: rule.unit,
      cap: rule.cap,
      spent,
      held,
      asked: entry.amount,
      resetsAt: window.end === Infinity ? undefined : window.end,
    });
  }

  /** Warns where a soft fraction is reached. */
  #look(call: Call, lines: readonly Line[], accounts: readonly AccountState[]): void {
    for (const { rule, entry } of lines) {
      if (rule.soft.length === 0 || rule.cap === 0) continue;
      const state = accounts.find(({ account }) => account === entry.account);
      if (!state) continue;
      const used = state.spent + state.held;
      const fraction = rule.soft.findLast((each) => used >= each * rule.cap);
      if (fraction === undefined || fraction <= (this.#warned.get(entry.account) ?? 0)) continue;
      if (this.#warned.size >= MOST_WARNED) this.#warned.clear();
      this.#warned.set(entry.account, fraction);
      const { name: limit, unit, cap } = rule;
      call.runtime.events.emit(budgetWarning, 'budget', call, { limit, unit, fraction, used, cap });
    }
  }
}

// More accounts than this are not kept apart; then a warning may come twice.
const MOST_WARNED = 10_000;

/** What a single call may cost needs no books. */
function refuseAlone(rule: Rule, asked: Amounts): void {
  const amount = amountOf(rule.unit, asked);
  if (rule.windowOf || amount === undefined || amount <= rule.cap) return;
  const { name: limit, unit, cap } = rule;
  throw new BudgetExceededError({ limit, unit, cap, spent: 0, held: 0, asked: amount });
}

function amountOf(unit: Unit, { cost, tokens, calls }: Amounts): number | undefined {
  if (unit === 'usd') return cost ?? undefined;
  return unit === 'tokens' ? tokens : calls;
}
