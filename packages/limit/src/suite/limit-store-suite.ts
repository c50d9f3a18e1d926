import { deepStrictEqual as equal, ok } from 'node:assert';
import type { LimitStore, RateCost, SlotRequest, TakeAnswer } from '../limit-store.ts';

/** A store under test, with a hand on its time. */
export interface LimitStoreRig {
  readonly store: LimitStore;
  /** Another one over the same counts, as a second process has it. @default the same one */
  readonly second?: LimitStore;
  /** Lets time pass by the store's own clock. */
  readonly advance: (ms: number) => Promise<void>;
  /** How long leases are in the tests, in milliseconds: short, where time cannot be made to pass. @default 10000 */
  readonly leaseMs?: number;
  /** Ends it. */
  close(): Promise<void>;
}

/** One test, for any runner. */
export interface LimitStoreCase {
  readonly name: string;
  run(): Promise<void>;
}

/**
 * Makes the tests that every {@link LimitStore} passes:
 *
 * ```ts no-run
 * for (const { name, run } of limitStoreSuite(() => rigOfMine())) test(name, run);
 * ```
 *
 * @param make returns a store that has counted nothing yet, each time it is called.
 */
export function limitStoreSuite(
  make: () => Promise<LimitStoreRig> | LimitStoreRig,
): readonly LimitStoreCase[] {
  return CASES.map(([name, check]) => ({
    name,
    async run() {
      const rig = await make();
      try {
        await check(rig);
      } finally {
        await rig.close();
      }
    },
  }));
}

const SECOND = 1_000_000;
const HOUR = 3600 * SECOND;
// Costs in the tests are so large that a slow machine earns nothing to speak of between two steps.
const LATE_MS = 5000;

/** A cost in seconds, with a burst in seconds. */
function cost(seconds: number, burst = seconds, key = 'a'): RateCost {
  return { key, costUs: seconds * SECOND, burstUs: burst * SECOND, keepUs: HOUR };
}

function slot(id: string, limit = 2, leaseMs = 3_600_000, key = 's'): SlotRequest {
  return { key, id, limit, leaseMs };
}

function take(store: LimitStore, ...rates: RateCost[]): Promise<TakeAnswer> {
  return store.take({ rates });
}

async function holds(store: LimitStore, request: SlotRequest): Promise<boolean> {
  return (await store.take({ rates: [], slot: request })).taken;
}

/** How far ahead the arrival time of a key is, in whole seconds. */
async function ahead(store: LimitStore, key = 'a'): Promise<number> {
  const { aheadUs } = await take(store, { key, costUs: 0, burstUs: Number.MAX_SAFE_INTEGER, keepUs: HOUR });
  return Math.ceil((aheadUs[0] ?? 0) / SECOND / 10) * 10;
}

function near(ms: number, expected: number): void {
  ok(ms <= expected && ms > expected - LATE_MS, `${ms} ms instead of ${expected}`);
}

const CASES: readonly (readonly [string, (rig: LimitStoreRig) => Promise<void>])[] = [
  [
    'lets a burst go at once, and says when the next may',
    async ({ store }) => {
      const answers = [];
      for (let number = 0; number < 4; number++) answers.push(await take(store, cost(100, 300)));
      equal(
        answers.map(({ taken, short }) => [taken, short]),
        [
          [true, undefined],
          [true, undefined],
          [true, undefined],
          [false, 'a'],
        ],
      );
      near(answers[3]?.retryMs ?? 0, 100_000);
      equal(answers[0]?.retryMs, 0);
    },
  ],
  [
    'lets the next go when it said so, and not a millisecond before',
    async ({ store, advance }) => {
      await take(store, { key: 'a', costUs: 2 * SECOND, burstUs: 2 * SECOND, keepUs: HOUR });
      const { retryMs } = await take(store, cost(2));
      ok(Number.isInteger(retryMs) && retryMs > 0 && retryMs <= 2000, `retryMs is ${retryMs}`);
      await advance(retryMs);
      equal((await take(store, cost(2))).taken, true);
      equal((await take(store, cost(2))).taken, false);
    },
  ],
  [
    'lets more than a burst go at once where nothing was taken for that long, and then makes up for it',
    async ({ store }) => {
      equal((await take(store, cost(500, 100))).taken, true);
      const { taken, retryMs } = await take(store, cost(100, 100));
      equal(taken, false);
      near(retryMs, 500_000);
      // A large one waits until what is more than its burst has been earned as well.
      near((await take(store, cost(300, 100))).retryMs, 700_000);
    },
  ],
  [
    'tells how far ahead each rate is, in the order of the request',
    async ({ store }) => {
      await take(store, cost(400, 400, 'b'));
      const { aheadUs } = await take(store, cost(200, 200, 'a'), cost(0, 400, 'b'), cost(0, 1, 'c'));
      equal(
        aheadUs.map((us) => Math.ceil(us / SECOND / 10) * 10),
        [200, 400, 0],
      );
    },
  ],
  [
    'takes of all rates and the slot, or of nothing, and names the one with the longest wait',
    async ({ store }) => {
      await take(store, cost(100, 100, 'a'), cost(300, 300, 'b'));
      const refused = await store.take({
        rates: [cost(100, 100, 'a'), cost(300, 300, 'b'), cost(50, 50, 'c')],
        slot: slot('1', 1),
      });
      equal([refused.taken, refused.short], [false, 'b']);
      near(refused.retryMs, 300_000);
      equal([await ahead(store, 'a'), await ahead(store, 'b'), await ahead(store, 'c')], [100, 300, 0]);
      equal(await holds(store, slot('2', 1)), true);
      const full = await store.take({ rates: [cost(50, 50, 'd')], slot: slot('3', 1) });
      equal([full.taken, full.short, await ahead(store, 'd')], [false, 's', 0]);
    },
  ],
  [
    'takes back what was not used, as far as the present',
    async ({ store }) => {
      await take(store, cost(500));
      await store.settle({ rates: [{ key: 'a', deltaUs: -300 * SECOND, keepUs: HOUR }], slots: [] });
      equal(await ahead(store), 200);
      await store.settle({ rates: [{ key: 'a', deltaUs: -300 * SECOND, keepUs: HOUR }], slots: [] });
      equal(await ahead(store), 0);
      equal((await take(store, cost(100))).taken, true);
      equal((await take(store, cost(100))).taken, false);
      await store.settle({ rates: [{ key: 'unknown', deltaUs: -SECOND, keepUs: HOUR }], slots: [] });
      equal(await ahead(store, 'unknown'), 0);
    },
  ],
  [
    'charges what was more, also beyond the burst',
    async ({ store }) => {
      await take(store, cost(100));
      await store.settle({ rates: [{ key: 'a', deltaUs: 400 * SECOND, keepUs: HOUR }], slots: [] });
      equal(await ahead(store), 500);
      await store.settle({ rates: [{ key: 'b', deltaUs: 400 * SECOND, keepUs: HOUR }], slots: [] });
      equal(await ahead(store, 'b'), 400);
    },
  ],
  [
    'holds as many slots as there are, and one more when one is freed',
    async ({ store, second = store }) => {
      equal(
        [await holds(store, slot('1')), await holds(second, slot('2')), await holds(store, slot('3'))],
        [true, true, false],
      );
      await second.settle({ rates: [], slots: [slot('1')] });
      equal([await holds(store, slot('4')), await holds(store, slot('5'))], [true, false]);
    },
  ],
  [
    'frees a slot once, and none that is not held',
    async ({ store }) => {
      await holds(store, slot('1'));
      await holds(store, slot('2'));
      for (let time = 0; time < 3; time++) {
        await store.settle({ rates: [], slots: [slot('1'), slot('never held'), slot('2', 2, 1, 'another')] });
      }
      equal([await holds(store, slot('3')), await holds(store, slot('4'))], [true, false]);
    },
  ],
  [
    'holds a slot once, however often it is asked with the same id',
    async ({ store, second = store }) => {
      equal(
        [await holds(store, slot('1')), await holds(second, slot('1')), await holds(store, slot('2'))],
        [true, true, true],
      );
      equal([await holds(store, slot('3')), await holds(store, slot('1'))], [false, true]);
    },
  ],
  [
    'frees the slots of a process that died when their leases lapse, and says when that is',
    async ({ store, second = store, advance, leaseMs = 10_000 }) => {
      await holds(store, slot('1', 1, leaseMs));
      const { taken, retryMs } = await second.take({ rates: [], slot: slot('2', 1) });
      ok(!taken && retryMs > 0 && retryMs <= leaseMs, `retryMs is ${retryMs}`);
      await advance(leaseMs + 100);
      equal(await holds(second, slot('2', 1)), true);
      // The one that lapsed is not there to be freed any more.
      await store.settle({ rates: [], slots: [slot('1', 1)] });
      equal(await holds(store, slot('3', 1)), false);
    },
  ],
  [
    'keeps what is renewed, and does not revive what lapsed',
    async ({ store, advance, leaseMs = 10_000 }) => {
      await holds(store, slot('1', 2, leaseMs));
      await holds(store, slot('2', 2, leaseMs));
      await advance(leaseMs / 2);
      await store.renew([slot('1'), slot('unknown')], leaseMs * 2);
      await advance(leaseMs / 2 + 100);
      await store.renew([slot('2')], leaseMs * 2);
      equal([await holds(store, slot('3')), await holds(store, slot('4'))], [true, false]);
    },
  ],
  [
    'does not overshoot, whoever asks at once',
    async ({ store, second = store }) => {
      const asked = Array.from({ length: 200 }, (_, number) => {
        const each = number % 2 === 0 ? store : second;
        return each.take({ rates: [cost(1000, 50_000)], slot: slot(String(number), 30) });
      });
      const answers = await Promise.all(asked);
      equal(answers.filter(({ taken }) => taken).length, 30);
      equal(await ahead(store), 30_000);
      const rated = await Promise.all(
        asked.map((_, number) => take(number % 2 === 0 ? store : second, cost(1000, 50_000))),
      );
      equal(rated.filter(({ taken }) => taken).length, 20);
    },
  ],
  [
    'tells its own time',
    async ({ store, advance, leaseMs = 10_000 }) => {
      const before = (await take(store)).at;
      await advance(leaseMs);
      const passed = (await take(store)).at - before;
      ok(passed > leaseMs * 0.9 && passed < leaseMs + LATE_MS, `${passed} ms instead of ${leaseMs}`);
    },
  ],
  [
    'keeps keys apart, whatever is in them',
    async ({ store }) => {
      const keys = [
        'a:b',
        'a',
        'b',
        'a b',
        'a\u0000b',
        "a'b",
        '{a}',
        'ä🎈',
        '*',
        '__proto__',
        'a'.repeat(300),
      ];
      for (const [index, key] of keys.entries()) {
        await store.take({
          rates: [cost((index + 1) * 100, 10_000, key)],
          slot: slot('1', 1, 3_600_000, key),
        });
      }
      const seen: unknown[] = [];
      for (const key of keys) seen.push([await ahead(store, key), await holds(store, slot('2', 1, 1, key))]);
      equal(
        seen,
        keys.map((_, index) => [(index + 1) * 100, false]),
      );
    },
  ],
];
