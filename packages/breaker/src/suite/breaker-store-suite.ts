import { deepStrictEqual as equal, ok } from 'node:assert';
import type { BreakerReport, BreakerRules, BreakerStore } from '../breaker-store.ts';

/** A store under test, with a hand on its time. */
export interface BreakerStoreRig {
  readonly store: BreakerStore;
  /** Another one over the same state, as a second process has it. @default the same one */
  readonly second?: BreakerStore;
  /** Lets time pass by the store's own clock. */
  readonly advance: (ms: number) => Promise<void>;
  /** How long breakers stay open in the tests, in milliseconds: short, where time cannot be made to pass. @default 10000 */
  readonly openMs?: number;
  /** Ends it. */
  close(): Promise<void>;
}

/** One test, for any runner. */
export interface BreakerStoreCase {
  readonly name: string;
  run(): Promise<void>;
}

/**
 * Makes the tests that every {@link BreakerStore} passes:
 *
 * ```ts no-run
 * for (const { name, run } of breakerStoreSuite(() => rigOfMine())) test(name, run);
 * ```
 *
 * @param make returns a store that knows nothing yet, each time it is called.
 */
export function breakerStoreSuite(
  make: () => Promise<BreakerStoreRig> | BreakerStoreRig,
): readonly BreakerStoreCase[] {
  return CASES.map(([name, check]) => ({
    name,
    async run() {
      const rig = await make();
      try {
        await check(new Hand(rig));
      } finally {
        await rig.close();
      }
    },
  }));
}

const RULES: BreakerRules = { consecutive: 3, maxProbes: 1, probeMs: 600_000 };

/** What a test does with a store. */
class Hand {
  readonly rig: BreakerStoreRig;
  readonly openMs: number;
  rules: BreakerRules = RULES;
  #calls = 0;

  constructor(rig: BreakerStoreRig) {
    this.rig = rig;
    this.openMs = rig.openMs ?? 10_000;
  }

  /** Whether a call may go, in words; with the id that it has. */
  async enter(key = 'a', id = `call-${++this.#calls}`, store = this.rig.store): Promise<string> {
    const { state, admitted, changed } = await store.enter({ key, id, rules: this.rules });
    return [state, admitted ? 'goes' : 'stays', ...(changed ? ['changed'] : [])].join(' ');
  }

  /** What becomes of the state with a call that ended so, in words. */
  async report(
    result: BreakerReport['result'],
    { id = `call-${++this.#calls}`, key = 'a', store = this.rig.store, openMs = this.openMs } = {},
  ): Promise<string> {
    const report = { key, id, rules: this.rules, result, openMs, maxOpenMs: 4 * openMs };
    const { state, changed } = await store.report(report);
    return changed ? `${state} changed` : state;
  }

  /** Opens a breaker of three failures in a row. */
  async trip(): Promise<void> {
    for (const expected of ['closed', 'closed', 'open changed'])
      equal(await this.report('failure'), expected);
  }

  async retryMs(): Promise<number> {
    return (await this.rig.store.enter({ key: 'a', id: 'asking', rules: this.rules })).retryMs;
  }
}

const CASES: readonly (readonly [string, (hand: Hand) => Promise<void>])[] = [
  [
    'lets all go while nothing failed',
    async (hand) => {
      for (let call = 0; call < 5; call++) {
        equal(await hand.enter(), 'closed goes');
        equal(await hand.report('success'), 'closed');
      }
    },
  ],
  [
    'opens after so many failures in a row, and says for how long',
    async (hand) => {
      await hand.trip();
      equal(await hand.enter(), 'open stays');
      const retryMs = await hand.retryMs();
      ok(Number.isInteger(retryMs) && retryMs > 0 && retryMs <= hand.openMs, `retryMs is ${retryMs}`);
    },
  ],
  [
    'begins a row anew after a success, and not after what says nothing',
    async (hand) => {
      await hand.report('failure');
      await hand.report('failure');
      await hand.report('success');
      await hand.report('failure');
      equal(await hand.report('failure'), 'closed');
      equal(await hand.report('none'), 'closed');
      equal(await hand.report('failure'), 'open changed');
    },
  ],
  [
    'keeps keys apart',
    async (hand) => {
      await hand.trip();
      equal(await hand.enter('b'), 'closed goes');
    },
  ],
  [
    'counts for all that share it',
    async (hand) => {
      const second = hand.rig.second ?? hand.rig.store;
      await hand.report('failure');
      await hand.report('failure', { store: second });
      await hand.report('failure');
      equal(await hand.enter('a', 'x', second), 'open stays');
    },
  ],
  [
    'lets one probe go when its time is over, whoever asks, and no more while that is under way',
    async (hand) => {
      const second = hand.rig.second ?? hand.rig.store;
      await hand.trip();
      await hand.rig.advance(hand.openMs);
      equal(await hand.enter('a', 'probe', second), 'half-open goes changed');
      equal(await hand.enter(), 'half-open stays');
      equal(await hand.enter('a', 'other', second), 'half-open stays');
      ok((await hand.retryMs()) > hand.openMs);
    },
  ],
  [
    'lets as many probes go as may',
    async (hand) => {
      hand.rules = { ...RULES, maxProbes: 2 };
      await hand.trip();
      await hand.rig.advance(hand.openMs);
      equal(await hand.enter(), 'half-open goes changed');
      equal(await hand.enter(), 'half-open goes');
      equal(await hand.enter(), 'half-open stays');
    },
  ],
  [
    'closes with the first probe that succeeds, and has forgotten all',
    async (hand) => {
      await hand.trip();
      await hand.rig.advance(hand.openMs);
      await hand.enter('a', 'probe');
      equal(await hand.report('success', { id: 'probe' }), 'closed changed');
      equal(await hand.enter(), 'closed goes');
      await hand.report('failure');
      equal(await hand.report('failure'), 'closed');
    },
  ],
  [
    'opens anew with a probe that fails, for twice as long, up to the longest',
    async (hand) => {
      await hand.trip();
      let openMs = hand.openMs;
      for (const times of [2, 4, 4]) {
        await hand.rig.advance(openMs);
        equal(await hand.enter('a', 'probe'), 'half-open goes changed');
        equal(await hand.report('failure', { id: 'probe' }), 'open changed');
        openMs = hand.openMs * times;
        const retryMs = await hand.retryMs();
        ok(retryMs <= openMs && retryMs > openMs / 2, `${retryMs} ms instead of ${openMs}`);
      }
    },
  ],
  [
    'begins with the shortest time again, once it was closed',
    async (hand) => {
      await hand.trip();
      await hand.rig.advance(hand.openMs);
      await hand.enter('a', 'first');
      await hand.report('failure', { id: 'first' });
      await hand.rig.advance(2 * hand.openMs);
      await hand.enter('a', 'second');
      equal(await hand.report('success', { id: 'second' }), 'closed changed');
      await hand.trip();
      ok((await hand.retryMs()) <= hand.openMs);
    },
  ],
  [
    'hears nothing of other probes, once one of them failed',
    async (hand) => {
      hand.rules = { ...RULES, maxProbes: 2 };
      await hand.trip();
      await hand.rig.advance(hand.openMs);
      await hand.enter('a', 'first');
      await hand.enter('a', 'second');
      equal(await hand.report('failure', { id: 'first' }), 'open changed');
      equal(await hand.report('success', { id: 'second' }), 'open');
    },
  ],
  [
    'gives the place of a probe that says nothing to the next',
    async (hand) => {
      await hand.trip();
      await hand.rig.advance(hand.openMs);
      await hand.enter('a', 'probe');
      equal(await hand.report('none', { id: 'probe' }), 'half-open');
      equal(await hand.enter('a', 'next'), 'half-open goes changed');
    },
  ],
  [
    'frees the place of a probe that was never heard of again',
    async (hand) => {
      hand.rules = { ...RULES, probeMs: hand.openMs };
      await hand.trip();
      await hand.rig.advance(hand.openMs);
      await hand.enter('a', 'lost');
      equal(await hand.enter(), 'half-open stays');
      await hand.rig.advance(hand.openMs);
      equal(await hand.enter('a', 'next'), 'half-open goes changed');
      // The lost one is no probe any more.
      equal(await hand.report('success', { id: 'lost' }), 'half-open');
      equal(await hand.report('success', { id: 'next' }), 'closed changed');
    },
  ],
  [
    'hears nothing, while it is open, of calls that went before',
    async (hand) => {
      await hand.trip();
      equal(await hand.report('success'), 'open');
      equal(await hand.report('failure'), 'open');
      ok((await hand.retryMs()) <= hand.openMs);
      equal(await hand.enter(), 'open stays');
    },
  ],
  [
    'opens when a part of the recent calls failed, once there were enough',
    async (hand) => {
      const { consecutive: _, ...rest } = RULES;
      hand.rules = { ...rest, sample: { share: 0.5, minCalls: 6, everyMs: 600_000 } };
      for (const result of ['failure', 'failure', 'success', 'failure', 'success'] as const) {
        equal(await hand.report(result), 'closed');
      }
      equal(await hand.report('failure'), 'open changed');
    },
  ],
  [
    'forgets calls that are not recent',
    async (hand) => {
      const { consecutive: _, ...rest } = RULES;
      hand.rules = { ...rest, sample: { share: 0.5, minCalls: 3, everyMs: hand.openMs } };
      await hand.report('failure');
      await hand.report('failure');
      await hand.rig.advance(hand.openMs * 1.1);
      equal(await hand.report('failure'), 'closed');
      equal(await hand.report('failure'), 'closed');
      equal(await hand.report('failure'), 'open changed');
    },
  ],
  [
    'opens once, also where many fail at the same time',
    async (hand) => {
      const told = await Promise.all(Array.from({ length: 20 }, () => hand.report('failure')));
      equal(told.filter((words) => words === 'open changed').length, 1);
    },
  ],
  [
    'gives no more places than there are, also where many ask at the same time',
    async (hand) => {
      hand.rules = { ...RULES, maxProbes: 3 };
      await hand.trip();
      await hand.rig.advance(hand.openMs);
      const told = await Promise.all(Array.from({ length: 20 }, () => hand.enter()));
      equal(told.filter((words) => words.startsWith('half-open goes')).length, 3);
      equal(told.filter((words) => words.endsWith('changed')).length, 1);
    },
  ],
];
