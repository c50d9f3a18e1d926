import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mostInAnyWindow } from './limit.test-support.ts';
import type { LimitStore } from './limit-store.ts';
import { memoryLimitStore } from './memory-limit-store.ts';
import { rateOf, type Rate } from './rate.ts';

/** A store beneath a clock that is moved by hand. */
function storeAt(): { store: LimitStore; time: { us: number } } {
  const time = { us: 0 };
  const clock = { now: () => time.us / 1000, monotonic: () => time.us / 1000, sleep: async () => {} };
  return { store: memoryLimitStore(clock), time };
}

const ask = async (store: LimitStore, rate: Rate, amount = 1): Promise<number | undefined> => {
  const { taken, retryMs } = await store.take({
    rates: [{ key: 'k', costUs: rate.cost(amount), burstUs: rate.burstUs, keepUs: rate.keepUs }],
  });
  return taken ? undefined : retryMs;
};

const rates = fc.record({
  limit: fc.integer({ min: 1, max: 300 }),
  every: fc.constantFrom(100, 1000, 7777, 60_000),
  burstPart: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
});

function made(
  { limit, every, burstPart }: { limit: number; every: number; burstPart: number | undefined },
  share = 0.01,
): Rate {
  const burst = burstPart === undefined ? {} : { burst: 1 + Math.floor(burstPart * (limit - 1)) };
  return rateOf('requests', { limit, every, ...burst }, share);
}

test('in no window there are more than the limit, whenever callers come', async () => {
  const pauses = fc.array(fc.tuple(fc.integer({ min: 0, max: 50_000 }), fc.integer({ min: 1, max: 80 })), {
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(rates, pauses, async (options, course) => {
      const { store, time } = storeAt();
      const rate = made(options);
      const sent: (readonly [number, number])[] = [];
      for (const [pause, tries] of course) {
        time.us += Math.round((pause * options.every) / 100);
        for (let count = 0; count < tries; count++) {
          const retryMs = await ask(store, rate);
          if (retryMs === undefined) sent.push([time.us, 1]);
          // Some wait as they are told, some do not.
          else if (count % 3 > 0) time.us += retryMs * 1000;
        }
      }
      return mostInAnyWindow(sent, options.every * 1000) <= options.limit;
    }),
    { numRuns: 300 },
  );
});

test('amounts add up to no more than the limit in any window, whatever their sizes', async () => {
  const amounts = fc.array(fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 0, max: 300 })), {
    minLength: 20,
    maxLength: 100,
  });
  await fc.assert(
    fc.asyncProperty(amounts, fc.boolean(), async (course, patient) => {
      const { store, time } = storeAt();
      const rate = rateOf('tokens', { limit: 1000, every: 1000 }, 0.012);
      const sent: (readonly [number, number])[] = [];
      for (const [amount, pause] of course) {
        time.us += pause * 1000;
        let retryMs = await ask(store, rate, amount);
        while (retryMs !== undefined) {
          if (!patient) break;
          time.us += retryMs * 1000;
          retryMs = await ask(store, rate, amount);
        }
        if (retryMs === undefined) sent.push([time.us, amount]);
      }
      return mostInAnyWindow(sent, 1_000_000) <= 1000;
    }),
    { numRuns: 300 },
  );
});

test('what was taken less what was given back is no more than the limit in any window', async () => {
  const calls = fc.array(
    fc.tuple(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: 0, max: 200 }),
    ),
    {
      minLength: 50,
      maxLength: 300,
    },
  );
  await fc.assert(
    fc.asyncProperty(calls, async (course) => {
      const { store, time } = storeAt();
      const rate = rateOf('tokens', { limit: 100, every: 1000, burst: 20 }, 0.012);
      const flow: (readonly [number, number])[] = [];
      for (const [amount, unused, pause] of course) {
        time.us += pause * 100;
        if ((await ask(store, rate, amount)) !== undefined) continue;
        flow.push([time.us, amount]);
        const back = Math.min(unused, amount);
        flow.push([time.us, -back]);
        await store.settle({
          rates: [{ key: 'k', deltaUs: -rate.cost(back), keepUs: rate.keepUs }],
          slots: [],
        });
      }
      return mostInAnyWindow(flow, 1_000_000) <= 100;
    }),
  );
});

/** The part of a limit that callers get who are always there, and whose timers are late. */
async function usable(limit: number, every: number, lateMs: (count: number) => number): Promise<number> {
  const { store, time } = storeAt();
  const rate = rateOf('requests', { limit, every }, 0.01);
  let sent = 0;
  for (let count = 0; time.us < 20_000 * every; count++) {
    const retryMs = await ask(store, rate);
    if (retryMs === undefined) sent++;
    else time.us += Math.round((retryMs + lateMs(count)) * 1000);
  }
  return sent / ((limit * time.us) / 1000 / every);
}

test('at least 98 of 100 are usable, also with timers that are late by up to 7 ms in a second', async () => {
  const parts: number[] = [];
  for (const [limit, every] of [
    [1, 1000],
    [7, 1000],
    [10, 1000],
    [60, 60_000],
    [100, 1000],
    [500, 60_000],
    [900, 1000],
  ] as const) {
    parts.push(
      await usable(limit, every, () => 0),
      await usable(limit, every, (count) => ((count % 4) / 4) * 0.01 * every),
    );
  }
  expect(Math.min(...parts)).toBeGreaterThanOrEqual(0.98);
});

test('a burst is had at the cost of the steady rate', async () => {
  const { store, time } = storeAt();
  const rate = rateOf('requests', { limit: 60, every: '1m', burst: 31 }, 0.01);
  const sent: number[] = [];
  while (time.us < 60_000_000) {
    const retryMs = await ask(store, rate);
    if (retryMs === undefined) sent.push(time.us / 1000);
    else time.us += retryMs * 1000;
  }
  // 31 at once, and then one in two seconds.
  expect(sent.filter((at) => at === 0).length).toBe(31);
  expect([sent.length, sent[31], sent[32]]).toEqual([60, 2000, 4000]);
});
