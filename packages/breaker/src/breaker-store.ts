import type { InjectionToken } from '@interpose/core';

/** `closed`: calls go. `open`: none does. `half-open`: so many as may probe whether it is well again. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** When a breaker opens, and how it closes again. The same for all calls of one key. */
export interface BreakerRules {
  /** So many failures in a row open it. */
  readonly consecutive?: number;
  /** Or this part of the calls within `everyMs`, once there were `minCalls`. */
  readonly sample?: { readonly share: number; readonly minCalls: number; readonly everyMs: number };
  /** How many probes may be under way at once. */
  readonly maxProbes: number;
  /** How long a probe keeps its place at most: that of a process that died comes free. */
  readonly probeMs: number;
}

/** A call that wants to go. */
export interface EnterRequest {
  readonly key: string;
  /** Of this call alone: the name of its place, if it is to be a probe. */
  readonly id: string;
  readonly rules: BreakerRules;
}

/** The answer to {@link BreakerStore.enter}. */
export interface EnterAnswer {
  /** `half-open` for a call that may go is a probe: it holds a place until it is reported. */
  readonly state: BreakerState;
  readonly admitted: boolean;
  /** For one that may not: when a probe may go, in whole milliseconds, at the latest. */
  readonly retryMs: number;
  /** Whether it is a probe with no other under way: what was open is half-open now. */
  readonly changed: boolean;
}

/** What became of a call that went. `none` where that says nothing of the target: its caller left, or it was not sent. */
export interface BreakerReport extends EnterRequest {
  readonly result: 'success' | 'failure' | 'none';
  /** For how long it opens, in milliseconds, should it; twice as long after each probe that failed since it was closed. */
  readonly openMs: number;
  readonly maxOpenMs: number;
}

/** The answer to {@link BreakerStore.report}. */
export interface ReportAnswer {
  readonly state: BreakerState;
  /** Whether it is so because of this report. */
  readonly changed: boolean;
  /** While it is open: when the next probe may go, in whole milliseconds. */
  readonly retryMs: number;
}

/**
 * Keeps the state of breakers. Each step is atomic, also among processes that share the store, by the store's own clock.
 *
 * Closed, failures are counted as the rules say; a success ends a row of them. Open, reports of calls that are no probe count for
 * nothing. When its time is over, probes may go: the first that succeeds closes it with all forgotten, one that fails opens it
 * anew, and one that says nothing gives its place back.
 *
 * Any implementation has to pass `breakerStoreSuite` of `@interpose/breaker/suite`.
 */
export interface BreakerStore {
  enter(request: EnterRequest): Promise<EnterAnswer>;
  report(report: BreakerReport): Promise<ReportAnswer>;
  /** Ends what it holds open. */
  close?(): Promise<void> | void;
}

/** Where the state of breakers is kept. @default in memory, of one layer */
export const BREAKER_STORE: InjectionToken<BreakerStore> = Symbol.for('interpose.BREAKER_STORE');
