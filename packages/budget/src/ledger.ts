import type { InjectionToken, Money } from '@interpose/core';

/**
 * Keeps the books of all limits: what was spent, and what is held for calls that are under way. Amounts are whole
 * numbers of what a limit counts: nano-USD, tokens, calls. Every step is atomic, also among processes that share it.
 *
 * Each step ends in bounded time: what cannot be done by then rejects, with a plain error that has a stable `code`. It is a
 * fault of the unit that asked, and no refusal. A step that rejected may have been done.
 *
 * Any implementation has to pass `ledgerSuite` of `@interpose/budget/suite`.
 */
export interface Ledger {
  /**
   * Holds the amounts of all entries, or of none. Called again with an id that is held, it holds nothing more and
   * answers as before.
   */
  reserve(reservation: Reservation): Promise<ReserveResult>;
  /**
   * Puts what a call came to in the place of what was held for it. Exactly once: called again, or with an id that is
   * not known, it changes nothing. What lapsed in the meantime is corrected.
   */
  settle(settlement: Settlement): Promise<readonly AccountState[]>;
  /** Prolongs the leases of reservations; those that lapsed already stay as they are. */
  renew(ids: readonly string[], leaseMs: number): Promise<void>;
  /** What was posted, added up by what is asked for. */
  spend(query?: SpendQuery): Promise<readonly SpendRow[]>;
  /** Ends what it holds open. */
  close?(): Promise<void> | void;
}

/** What is to be held for one call. */
export interface Reservation {
  /** Never used for another call. */
  readonly id: string;
  /** How long it is held at most, in milliseconds, unless it is renewed. What lapses is taken for spent. */
  readonly leaseMs: number;
  /** One for each limit that applies, no account twice. May be empty: then there is only a posting to come. */
  readonly entries: readonly Entry[];
}

/** What one limit allows, and what is asked of it. */
export interface Entry {
  /** Names the limit, whose it is, and its window: another window is another account. */
  readonly account: string;
  /** What may be spent and held together. */
  readonly cap: number;
  readonly amount: number;
  /** How long the account is of use after this, in milliseconds. Later it may be forgotten. */
  readonly keepMs: number;
}

/** The state of one account. */
export interface AccountState {
  readonly account: string;
  readonly spent: number;
  /** Held for calls that are under way. */
  readonly held: number;
}

/** The answer to {@link Ledger.reserve}. */
export interface ReserveResult {
  /** Undefined where all was held; else the first account that has not enough left. */
  readonly exceeded?: AccountState;
  /** The accounts afterwards, in the order of the entries. */
  readonly accounts: readonly AccountState[];
  /** The ledger's own time, in milliseconds since the epoch. */
  readonly at: number;
}

/** What a call came to. */
export interface Settlement {
  /** Of the reservation. */
  readonly id: string;
  /** For each account, in place of what was held. One that is left out gets nothing. */
  readonly amounts: Readonly<Record<string, number>>;
  /** What goes into the report. */
  readonly posting?: Posting;
}

/** One call in the report of what was spent. */
export interface Posting {
  /** The day in UTC: `2026-01-31`. */
  readonly day: string;
  readonly endpoint: string;
  readonly tenant: string;
  readonly user: string;
  readonly model: string;
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** 0 where no price is known: then `unpriced` counts the call. */
  readonly cost: Money;
  readonly unpriced: number;
}

/** What a report is divided by. */
export type SpendGroup = 'day' | 'endpoint' | 'tenant' | 'user' | 'model';

/** What a report is of. */
export interface SpendQuery {
  /** First and last day, in UTC. @default all */
  readonly from?: string;
  readonly to?: string;
  /** @default ['endpoint'] */
  readonly by?: readonly SpendGroup[];
}

/** One line of a report: the fields that it is divided by, and their sums. */
export interface SpendRow extends Partial<Pick<Posting, SpendGroup>> {
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cost: Money;
  readonly unpriced: number;
}

/** Tells what was spent. */
export interface Spending {
  /** What was posted, added up by what is asked for. */
  report(query?: SpendQuery): Promise<readonly SpendRow[]>;
}

/** What the layer's budget has on its books, for units that show it. Provided by `budget()`, to those further out. */
export const SPEND: InjectionToken<Spending> = Symbol.for('interpose.SPEND');
/** Where the books are kept. @default in memory, of one layer */
export const LEDGER: InjectionToken<Ledger> = Symbol.for('interpose.LEDGER');
