import { setTimeout as sleep } from 'node:timers/promises';
import type { LimitStore, RateCost } from '@interpose/limit';
import { limitStoreSuite } from '@interpose/limit/suite';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { redisServer, type RedisServer } from './redis-server.test-support.ts';
import { redisLimitStore } from './redis.ts';

const SECOND = 1_000_000;
const HOUR_MS = 3_600_000;

let server: RedisServer;
let counts = 0;

beforeAll(async () => {
  server = await redisServer();
});
afterAll(() => server?.stop());

/** Empty counts, and their keys. */
function open(): { store: LimitStore; prefix: string } {
  const prefix = `counts-${++counts}`;
  const store = redisLimitStore({ url: server.url, prefix, commandTimeout: '5s' });
  onTestFinished(() => store.close?.());
  return { store, prefix };
}

function cost(seconds: number, key = 'a'): RateCost {
  return { key, costUs: seconds * SECOND, burstUs: seconds * SECOND, keepUs: 60 * SECOND };
}

describe('the counts in Redis', () => {
  const make = () => {
    const options = { url: server.url, prefix: `suite-${++counts}`, commandTimeout: '5s' } as const;
    const [store, second] = [redisLimitStore(options), redisLimitStore(options)];
    return {
      store,
      second,
      leaseMs: 1000,
      advance: (ms: number) => sleep(ms),
      async close() {
        await store.close?.();
        await second.close?.();
      },
    };
  };
  for (const { name, run } of limitStoreSuite(make)) test(name, run);
});

test('keeps every microsecond', async () => {
  const { store, prefix } = open();
  const key = `{${prefix}}:limit:rate:a`;
  const odd = { key: 'a', costUs: 3_000_000_000_001, burstUs: Number.MAX_SAFE_INTEGER, keepUs: SECOND };
  const { at } = await store.take({ rates: [odd] });
  const first = Number(await server.ask('GET', key));
  expect(first - Math.round(at * 1000)).toBe(odd.costUs);
  const ahead: number[] = [];
  for (let step = 0; step < 3; step++) {
    const answer = await store.take({ rates: [odd] });
    ahead.push((answer.aheadUs[0] ?? 0) + Math.round(answer.at * 1000) - first);
  }
  await store.settle({ rates: [{ key: 'a', deltaUs: -odd.costUs, keepUs: SECOND }], slots: [] });
  expect(ahead).toEqual([odd.costUs, 2 * odd.costUs, 3 * odd.costUs]);
  expect(await server.ask('GET', key)).toBe(String(first + 2 * odd.costUs));
});

test('takes whole times only', async () => {
  const { store } = open();
  for (const us of [0.5, Number.NaN, 2 ** 53]) {
    await expect(store.take({ rates: [{ ...cost(1), costUs: us }] })).rejects.toThrow(RangeError);
    const rates = [{ key: 'a', deltaUs: us, keepUs: SECOND }];
    await expect(store.settle({ rates, slots: [] })).rejects.toThrow(RangeError);
  }
});

test('gives all that is of a key an end', async () => {
  const { store, prefix } = open();
  const slot = { key: 's', id: '1', limit: 5, leaseMs: 10_000 };
  await store.take({ rates: [cost(40), { ...cost(10, 'for ever'), keepUs: Infinity }], slot });
  await store.take({ rates: [], slot: { ...slot, id: '2', leaseMs: 100 } });
  await store.take({ rates: [], slot: { ...slot, key: 'for ever', leaseMs: Infinity } });
  const lives = async (): Promise<Record<string, string>> => {
    const keys = (await server.ask('KEYS', `*${prefix}*`)) as string[];
    const each = keys.toSorted().map(async (key) => {
      const s = Number(await server.ask('PTTL', key)) / 1000;
      return [key.replace(`{${prefix}}:limit:`, ''), s < 0 ? 'no end' : String(Math.round(s / 10) * 10)];
    });
    return Object.fromEntries(await Promise.all(each));
  };
  const forEver = { 'rate:for ever': '3000000010', 'slots:for ever': '3000000000' };
  expect(await lives()).toEqual({ 'rate:a': '100', 'slots:s': '10', ...forEver });
  await store.renew([slot], HOUR_MS);
  expect(await lives()).toEqual({ 'rate:a': '100', 'slots:s': '3600', ...forEver });
  await store.settle({ rates: [], slots: [slot, { key: 's', id: '2' }] });
  expect(await lives()).toEqual({ 'rate:a': '100', ...forEver });
});

test('renews more slots than one script takes', async () => {
  const { store, prefix } = open();
  const slots = Array.from({ length: 1200 }, (_, index) => ({ key: 's', id: String(index) }));
  const asked = slots.map((slot) =>
    store.take({ rates: [], slot: { ...slot, limit: 2000, leaseMs: 60_000 } }),
  );
  await Promise.all(asked);
  const [{ at } = { at: 0 }] = await Promise.all(asked);
  await store.renew(slots, HOUR_MS);
  const soon = `(${Math.round((at + HOUR_MS) * 1000)}`;
  expect(await server.ask('ZCOUNT', `{${prefix}}:limit:slots:s`, '-inf', soon)).toBe(0);
});

test('goes on when the server forgets its scripts', async () => {
  const { store } = open();
  const flushing = (async () => {
    for (let round = 0; round < 20; round++) await server.ask('SCRIPT', 'FLUSH');
  })();
  let taken = 0;
  for (let step = 0; step < 200; step++) {
    const answer = await store.take({ rates: [{ ...cost(100), burstUs: 10_000 * SECOND }] });
    if (answer.taken) taken++;
  }
  await flushing;
  expect(taken).toBe(100);
});

test('makes one round trip for a step, over keys of one slot', async () => {
  const client = await createClient({ url: server.url }).connect();
  const trips: string[] = [];
  const store = redisLimitStore({
    prefix: 'mine',
    client: {
      evalSha: (sha, call) => {
        trips.push(`evalSha ${call.keys.join()}`);
        return client.evalSha(sha, call);
      },
      eval: (text, call) => {
        trips.push('eval');
        return client.eval(text, call);
      },
    },
  });
  const slot = { key: 's', id: '1', limit: 5, leaseMs: 10_000 };
  const rates = [{ key: 'a', deltaUs: -1, keepUs: SECOND }];
  for (let round = 0; round < 2; round++) {
    trips.length = 0;
    await store.take({ rates: [cost(1), cost(1, 'b')], slot });
    await store.renew([slot], 1000);
    await store.settle({ rates, slots: [slot] });
  }
  expect(trips).toEqual(Array.from({ length: 3 }, () => 'evalSha {mine}:limit'));
  await store.close?.();
  expect(client.isOpen).toBe(true);
  client.destroy();
});
