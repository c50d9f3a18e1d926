import { deepStrictEqual as equal, ok } from 'node:assert';
import type { Entry, Ledger, Posting, ReserveResult } from '../ledger.ts';

/** A ledger under test, with a hand on its time. */
export interface LedgerRig {
  readonly ledger: Ledger;
  /** Another one over the same books, as a second process has it. @default the same one */
  readonly second?: Ledger;
  /** Lets time pass by the ledger's own clock. */
  readonly advance: (ms: number) => Promise<void>;
  /** How long leases are in the tests, in milliseconds: short, where time cannot be made to pass. @default 10000 */
  readonly leaseMs?: number;
  /** Ends it. */
  close(): Promise<void>;
}

/** One test, for any runner. */
export interface LedgerCase {
  readonly name: string;
  run(): Promise<void>;
}

/**
 * Makes the tests that every {@link Ledger} passes:
 *
 * ```ts no-run
 * for (const { name, run } of ledgerSuite(() => rigOfMine())) test(name, run);
 * ```
 *
 * @param make returns a ledger with empty books, each time it is called.
 */
export function ledgerSuite(make: () => Promise<LedgerRig> | LedgerRig): readonly LedgerCase[] {
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

const HOUR = 3_600_000;

function entry(amount: number, account = 'a', cap = 100): Entry {
  return { account, cap, amount, keepMs: HOUR };
}

/** Under a lease that outlasts the test. */
function reserve(ledger: Ledger, id: string, ...entries: Entry[]): Promise<ReserveResult> {
  return ledger.reserve({ id, leaseMs: HOUR, entries });
}

/** The state of an account: an entry of nothing asks for it. */
async function state(ledger: Ledger, account = 'a'): Promise<[spent: number, held: number]> {
  const id = `look-${account}`;
  const { accounts } = await reserve(ledger, id, entry(0, account, Number.MAX_SAFE_INTEGER));
  await ledger.settle({ id, amounts: {} });
  return [accounts[0]?.spent ?? 0, accounts[0]?.held ?? 0];
}

function posting(fields: Partial<Posting>): Posting {
  const names = { day: '2026-01-31', endpoint: 'search', tenant: 'acme', user: 'u', model: 'm' };
  return { ...names, calls: 1, inputTokens: 10, outputTokens: 5, cost: 100, unpriced: 0, ...fields };
}

const CASES: readonly (readonly [string, (rig: LedgerRig) => Promise<void>])[] = [
  [
    'holds until the cap is reached, to the unit, and then nothing',
    async ({ ledger }) => {
      equal((await reserve(ledger, '1', entry(60))).exceeded, undefined);
      equal((await reserve(ledger, '2', entry(40))).exceeded, undefined);
      equal((await reserve(ledger, '3', entry(1))).exceeded, { account: 'a', spent: 0, held: 100 });
      equal((await reserve(ledger, '4', entry(0))).exceeded, undefined);
    },
  ],
  [
    'puts what a call came to in the place of what was held',
    async ({ ledger }) => {
      await reserve(ledger, '1', entry(60));
      equal(await ledger.settle({ id: '1', amounts: { a: 25 } }), [{ account: 'a', spent: 25, held: 0 }]);
      equal((await reserve(ledger, '2', entry(76))).exceeded, { account: 'a', spent: 25, held: 0 });
      equal((await reserve(ledger, '3', entry(75))).exceeded, undefined);
    },
  ],
  [
    'posts more than was held, where a call came to more',
    async ({ ledger }) => {
      await reserve(ledger, '1', entry(10));
      await ledger.settle({ id: '1', amounts: { a: 130 } });
      equal(await state(ledger), [130, 0]);
      equal((await reserve(ledger, '2', entry(1))).exceeded, { account: 'a', spent: 130, held: 0 });
    },
  ],
  [
    'holds of all accounts or of none',
    async ({ ledger }) => {
      await reserve(ledger, '1', entry(95, 'b'));
      const { exceeded } = await reserve(ledger, '2', entry(10, 'a'), entry(10, 'b'), entry(10, 'c'));
      equal(exceeded, { account: 'b', spent: 0, held: 95 });
      equal(
        [await state(ledger, 'a'), await state(ledger, 'c')],
        [
          [0, 0],
          [0, 0],
        ],
      );
      await reserve(ledger, '3', entry(10, 'a'), entry(5, 'b'));
      equal(await ledger.settle({ id: '3', amounts: { a: 7 } }), [
        { account: 'a', spent: 7, held: 0 },
        { account: 'b', spent: 0, held: 95 },
      ]);
    },
  ],
  [
    'settles once, however often it is told to',
    async ({ ledger, second = ledger }) => {
      await reserve(ledger, '1', entry(60));
      const settlement = { id: '1', amounts: { a: 25 }, posting: posting({}) };
      await Promise.all([ledger, second, ledger, second, ledger].map((each) => each.settle(settlement)));
      equal(await state(ledger), [25, 0]);
      equal((await ledger.spend())[0]?.calls, 1);
      await ledger.settle({ id: 'never reserved', amounts: { a: 50 }, posting: posting({}) });
      equal(await state(ledger), [25, 0]);
    },
  ],
  [
    'holds once, however often it is asked with the same id',
    async ({ ledger, second = ledger }) => {
      const all = await Promise.all([ledger, second, ledger].map((each) => reserve(each, '1', entry(60))));
      equal(
        all.map(({ exceeded }) => exceeded),
        [undefined, undefined, undefined],
      );
      equal(await state(ledger), [0, 60]);
    },
  ],
  [
    'takes what lapses for spent, and corrects it when the call ends after all',
    async ({ ledger, second = ledger, advance, leaseMs = 10_000 }) => {
      await ledger.reserve({ id: '1', leaseMs, entries: [entry(60)] });
      await advance(leaseMs + 100);
      equal(await state(second), [60, 0]);
      await ledger.settle({ id: '1', amounts: { a: 25 }, posting: posting({}) });
      equal(await state(second), [25, 0]);
      await ledger.settle({ id: '1', amounts: { a: 25 } });
      equal(await state(second), [25, 0]);
      equal((await second.spend())[0]?.calls, 1);
    },
  ],
  [
    'keeps what is renewed, and does not revive what lapsed',
    async ({ ledger, advance, leaseMs = 10_000 }) => {
      await ledger.reserve({ id: '1', leaseMs, entries: [entry(30)] });
      await ledger.reserve({ id: '2', leaseMs, entries: [entry(20)] });
      await advance(leaseMs / 2);
      await ledger.renew(['1', 'unknown'], leaseMs * 2);
      await advance(leaseMs / 2 + 100);
      equal(await state(ledger), [20, 30]);
      await ledger.renew(['2'], leaseMs);
      equal(await state(ledger), [20, 30]);
      await advance(leaseMs * 2);
      equal(await state(ledger), [50, 0]);
    },
  ],
  [
    'takes what is overdue for lapsed, whoever comes by first',
    async ({ ledger, second = ledger, advance, leaseMs = 10_000 }) => {
      for (const id of ['1', '2']) await ledger.reserve({ id, leaseMs, entries: [entry(30)] });
      await advance(leaseMs + 100);
      await second.renew(['1', '2'], HOUR);
      equal(await ledger.settle({ id: '1', amounts: { a: 10 } }), [{ account: 'a', spent: 40, held: 0 }]);
      equal(await state(second), [40, 0]);
    },
  ],
  [
    'goes by the cap of the moment',
    async ({ ledger }) => {
      await reserve(ledger, '1', entry(60));
      equal((await reserve(ledger, '2', entry(10, 'a', 50))).exceeded, { account: 'a', spent: 0, held: 60 });
      equal((await reserve(ledger, '3', entry(60, 'a', 120))).exceeded, undefined);
    },
  ],
  [
    'does not overshoot, whoever asks at once',
    async ({ ledger, second = ledger }) => {
      const asked = Array.from({ length: 200 }, (_, number) =>
        reserve(number % 2 === 0 ? ledger : second, String(number), entry(1)),
      );
      const got = (await Promise.all(asked)).filter(({ exceeded }) => !exceeded).length;
      equal(got, 100);
      equal(await state(ledger), [0, 100]);
    },
  ],
  [
    'keeps large amounts exact',
    async ({ ledger }) => {
      const large = 2 ** 52;
      await reserve(ledger, '1', entry(large, 'a', Number.MAX_SAFE_INTEGER));
      await ledger.settle({ id: '1', amounts: { a: large + 1 } });
      equal(await state(ledger), [large + 1, 0]);
    },
  ],
  [
    'tells its own time',
    async ({ ledger, advance, leaseMs = 10_000 }) => {
      const before = (await reserve(ledger, '1')).at;
      await advance(leaseMs);
      const passed = (await reserve(ledger, '2')).at - before;
      ok(passed > leaseMs * 0.9 && passed < leaseMs + 5000, `${passed} ms instead of ${leaseMs}`);
    },
  ],
  [
    'keeps names apart, whatever is in them',
    async ({ ledger }) => {
      const names = [
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
      for (const [index, name] of names.entries()) {
        await reserve(ledger, `id ${name}`, entry(index + 1, name));
      }
      const seen: number[] = [];
      for (const name of names) seen.push((await state(ledger, name))[1]);
      equal(
        seen,
        names.map((_, index) => index + 1),
      );
      for (const [index, name] of names.entries()) {
        const [after] = await ledger.settle({
          id: `id ${name}`,
          amounts: index % 2 === 0 ? { [name]: 1 } : {},
        });
        equal(after, { account: name, spent: index % 2 === 0 ? 1 : 0, held: 0 });
      }
    },
  ],
  [
    'reports what was posted, by what is asked for',
    async ({ ledger }) => {
      const posted = [
        posting({}),
        posting({ cost: 50, model: 'n' }),
        posting({ endpoint: 'support', cost: 400, day: '2026-02-01' }),
        posting({ endpoint: 'support', cost: 0, unpriced: 1, day: '2026-02-01', tenant: '' }),
      ];
      for (const [index, each] of posted.entries()) {
        await reserve(ledger, String(index));
        await ledger.settle({ id: String(index), amounts: {}, posting: each });
      }
      const sums = { calls: 2, inputTokens: 20, outputTokens: 10 };
      equal(await ledger.spend(), [
        { endpoint: 'support', ...sums, cost: 400, unpriced: 1 },
        { endpoint: 'search', ...sums, cost: 150, unpriced: 0 },
      ]);
      const byDay = await ledger.spend({ by: ['day', 'model'], to: '2026-01-31' });
      equal(
        byDay.map(({ day, model, cost }) => [day, model, cost]),
        [
          ['2026-01-31', 'm', 100],
          ['2026-01-31', 'n', 50],
        ],
      );
      equal((await ledger.spend({ from: '2026-02-01' })).length, 1);
      equal(
        (await ledger.spend({ by: [] })).map(({ calls, cost }) => [calls, cost]),
        [[4, 550]],
      );
    },
  ],
];
