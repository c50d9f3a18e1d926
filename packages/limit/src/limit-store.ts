import type { InjectionToken } from '@interpose/core';

/**
 * Counts what all limits allow. Each step is atomic, also among processes that share the store: one transaction, one
 * script. Times are whole microseconds of the store's own clock, so that every store computes the same.
 *
 * A rate is kept as one number, the theoretical arrival time of the generic cell rate algorithm (ITU-T I.371, virtual
 * scheduling): the moment at which all that was taken so far will have been earned.
 *
 * Each step ends in bounded time: what cannot be done by then rejects, with a plain error that has a stable `code`. It is a
 * fault of the unit that asked, and no refusal. A step that rejected may have been done.
 *
 * Any implementation has to pass `limitStoreSuite` of `@interpose/limit/suite`.
 */
export interface LimitStore {
  /** Takes of all rates and the slot, or of nothing. */
  take(request: TakeRequest): Promise<TakeAnswer>;
  /** Corrects what was taken, and frees slots. What is not known, or has lapsed, is passed over. */
  settle(settlement: LimitSettlement): Promise<void>;
  /** Prolongs slots that are held; those that lapsed already stay free. */
  renew(slots: readonly SlotRef[], leaseMs: number): Promise<void>;
  /** Ends what it holds open. */
  close?(): Promise<void> | void;
}

/** What one call needs. */
export interface TakeRequest {
  /** One for each rate, no key twice. */
  readonly rates: readonly RateCost[];
  readonly slot?: SlotRequest | undefined;
}

/**
 * What a call costs of one rate. With `tat` the arrival time that is kept for the key, it may go when
 * `tat + costUs <= now + burstUs`, or when nothing is kept; then `tat = max(tat, now) + costUs`.
 */
export interface RateCost {
  readonly key: string;
  /** The time in which the cost is earned. */
  readonly costUs: number;
  /** How much may be taken before it is earned. */
  readonly burstUs: number;
  /** How long after its arrival time the key has to be remembered. */
  readonly keepUs: number;
}

/** Names one slot that is held. */
export interface SlotRef {
  readonly key: string;
  /** Never used for another call. */
  readonly id: string;
}

/** One of so many slots. Asked for again with an id that is held, it is the same one. */
export interface SlotRequest extends SlotRef {
  /** How many may be held at once. */
  readonly limit: number;
  /** How long it is held at most, unless it is renewed: those of a process that died come free. */
  readonly leaseMs: number;
}

/** The answer to {@link LimitStore.take}. */
export interface TakeAnswer {
  readonly taken: boolean;
  /** What there was not enough of: the key of the rate with the longest wait, or of the slot. */
  readonly short?: string;
  /** When to ask again, in whole milliseconds: at once 0. For a slot, when the first lease lapses. */
  readonly retryMs: number;
  /** For each rate, in order, how far its arrival time lies ahead afterwards, in microseconds; never below 0. */
  readonly aheadUs: readonly number[];
  /** The store's own time, in milliseconds since the epoch, with fractions where it knows them. */
  readonly at: number;
}

/** What became of a call. */
export interface LimitSettlement {
  readonly rates: readonly RateCorrection[];
  readonly slots: readonly SlotRef[];
}

/**
 * A cost that turned out otherwise. What is given back (below 0) reaches back to the present, no further, so that
 * what was not used now is not used up at once later: `tat = max(tat + deltaUs, min(tat, now))`. What is charged:
 * `tat = max(tat, now) + deltaUs`.
 */
export interface RateCorrection {
  readonly key: string;
  readonly deltaUs: number;
  /** As of {@link RateCost}. */
  readonly keepUs: number;
}

/** Where limits are counted. @default in memory, of one layer */
export const LIMIT_STORE: InjectionToken<LimitStore> = Symbol.for('interpose.LIMIT_STORE');
