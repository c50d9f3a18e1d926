import type { Limit } from '@interpose/budget';
import { CLOCK, FETCH, provide, systemClock, type Clock } from '@interpose/core';
import { layerOf } from '@interpose/openai';
import { redisLedger } from '@interpose/redis';
import { sqliteLedger } from '@interpose/sqlite';
import { fakeProvider } from '@interpose/testing';
import { expect, test } from 'vitest';
import { accountOf, openBooks, sumsOf } from './books.ts';
import { clientOf, limitOf, stored } from './client.ts';
import { ASKED, LEASE_MS, LIMIT, ONE, cost, type Store } from './order.ts';
import { describeStores } from './stores.test-support.ts';

// A window of some hours in whose middle we are, so that the test never meets its end.
const WINDOW_MS = Math.round(Date.now() / 100_000.5);
const HOUR_MS = 3_600_000;
const CALLS = 30;

/** A clock that is wrong. */
function wrongBy(ms: number): Clock {
  return { ...systemClock, now: () => systemClock.now() + ms };
}

/** Spends a limit from three layers whose clocks differ, all at the same time, until each of them is refused. */
async function spendAll(store: Store, limit: Limit, wrong: readonly number[]): Promise<number> {
  const provider = fakeProvider.inProcess({ replies: () => ({ latency: 20 }) });
  await Promise.all(
    wrong.map(async (ms) => {
      const services = [provide(FETCH, provider.fetch), provide(CLOCK, wrongBy(ms))];
      const { baseURL, fetch } = provider;
      const openai = clientOf({ baseURL, fetch }, { limits: [limit] }, stored(store), ...services);
      const lane = async (): Promise<void> => {
        for (let call = 0; call < CALLS; call++) {
          await openai.chat.completions.create(ASKED).catch(() => new Promise((r) => setTimeout(r, 10)));
        }
      };
      await Promise.all([lane(), lane(), lane()]);
      await layerOf(openai)?.close();
    }),
  );
  return provider.ledger.entries.reduce((sum, entry) => sum + cost(entry), 0);
}

describeStores('clocks that are hours off, over books in', (storeOf, kind) => {
  test.each([
    ['minutes', 7 * 60_000],
    ['hours', 5 * HOUR_MS],
  ])(
    'by %s: the cap holds, the books are those of the provider, and nothing stays held',
    async (name, ms) => {
      const store = storeOf(`ever ${name}`);
      const cap = CALLS * ONE;
      const served = await spendAll(store, limitOf(cap), [0, ms, -ms]);
      await using ledger = openBooks(store);
      expect(await sumsOf(ledger)).toEqual({ spent: served, held: 0 });
      expect(served).toBeLessThanOrEqual(cap);
      expect(served).toBeGreaterThan(cap - ONE);
    },
  );

  test('windows go by the server, or else by the clock of each layer; none is above its cap', async () => {
    const store = storeOf('windows');
    const cap = CALLS * ONE;
    const limit = { ...limitOf(cap), every: WINDOW_MS };
    const served = await spendAll(store, limit, [0, WINDOW_MS, -WINDOW_MS]);
    const start = Math.floor(Date.now() / WINDOW_MS) * WINDOW_MS;
    await using ledger = openBooks(store);
    const spent: number[] = [];
    for (const begins of [start - WINDOW_MS, start, start + WINDOW_MS]) {
      const account = accountOf(LIMIT, new Date(begins).toISOString());
      const sums = await sumsOf(ledger, account);
      expect(sums.held).toBe(0);
      spent.push(sums.spent);
    }
    expect(
      spent.map((each) => (each === 0 ? 'empty' : each > cap - ONE && each <= cap ? 'full' : each)),
    ).toEqual(kind === 'redis' ? ['empty', 'full', 'empty'] : ['full', 'full', 'full']);
    expect(spent.reduce((sum, each) => sum + each, 0)).toBe(served);
  });

  test('what a process held that is gone lapses by the server, or else by the clock of who looks', async () => {
    const store = storeOf('leases');
    const open = (wrong: number) => {
      const clock = wrongBy(wrong);
      if (store.kind === 'redis') return redisLedger({ url: store.url, prefix: store.prefix }, { clock });
      return sqliteLedger({ path: store.path, clock });
    };
    const held = new Map<string, number>();
    for (const wrong of [-HOUR_MS, 0, HOUR_MS]) {
      const gone = open(wrong);
      const account = `${wrong / HOUR_MS} h`;
      const entries = [{ account, cap: 100, amount: 10, keepMs: 48 * HOUR_MS }];
      await gone.reserve({ id: account, leaseMs: LEASE_MS, entries });
      await gone.close?.();
      held.set(account, wrong);
    }
    const seen: string[] = [];
    async function look(when: string, wrong = 0): Promise<void> {
      const ledger = open(wrong);
      for (const account of held.keys()) {
        const { spent, held: holds } = await sumsOf(ledger, account);
        seen.push(`${when}, of a clock ${account} ahead: spent ${spent}, held ${holds}`);
      }
      await ledger.close?.();
    }
    await look('at once');
    await new Promise((resolve) => setTimeout(resolve, LEASE_MS + 100));
    await look('after the lease');
    await look('an hour later', HOUR_MS);
    const later = ['-1', '0', '1'].map((h) => `an hour later, of a clock ${h} h ahead: spent 10, held 0`);
    expect(seen).toEqual([
      `at once, of a clock -1 h ahead: spent ${kind === 'redis' ? '0, held 10' : '10, held 0'}`,
      'at once, of a clock 0 h ahead: spent 0, held 10',
      'at once, of a clock 1 h ahead: spent 0, held 10',
      'after the lease, of a clock -1 h ahead: spent 10, held 0',
      'after the lease, of a clock 0 h ahead: spent 10, held 0',
      `after the lease, of a clock 1 h ahead: spent ${kind === 'redis' ? '10, held 0' : '0, held 10'}`,
      ...later,
    ]);
  });
});
