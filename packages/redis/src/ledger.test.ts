import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry, Ledger, Posting } from '@interpose/budget';
import { ledgerSuite } from '@interpose/budget/suite';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { redisServer, type RedisServer } from './redis-server.test-support.ts';
import { redisLedger } from './redis.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let server: RedisServer;
let books = 0;

beforeAll(async () => {
  server = await redisServer();
});
afterAll(() => server?.stop());

/** Empty books, and their keys. */
function open(): { ledger: Ledger; prefix: string } {
  const prefix = `books-${++books}`;
  const ledger = redisLedger({ url: server.url, prefix, commandTimeout: '5s' });
  onTestFinished(() => ledger.close?.());
  return { ledger, prefix };
}

function entry(amount: number, account = 'a', cap = 100): Entry {
  return { account, cap, amount, keepMs: HOUR };
}

function posting(fields: Partial<Posting> = {}): Posting {
  const names = { day: '2026-01-31', endpoint: 'search', tenant: 'acme', user: 'u', model: 'm' };
  return { ...names, calls: 1, inputTokens: 10, outputTokens: 5, cost: 100, unpriced: 0, ...fields };
}

describe('the books in Redis', () => {
  const make = () => {
    const options = { url: server.url, prefix: `suite-${++books}`, commandTimeout: '5s' } as const;
    const [ledger, second] = [redisLedger(options), redisLedger(options)];
    return {
      ledger,
      second,
      leaseMs: 300,
      advance: (ms: number) => sleep(ms),
      async close() {
        await ledger.close?.();
        await second.close?.();
      },
    };
  };
  for (const { name, run } of ledgerSuite(make)) test(name, run);
});

test('adds up what is beyond the digits of a Lua number', async () => {
  const { ledger, prefix } = open();
  const large = 2 ** 51 + 1;
  for (const id of ['1', '2', '3']) {
    await ledger.reserve({ id, leaseMs: HOUR, entries: [entry(large, 'a', Infinity)] });
    await ledger.settle({ id, amounts: { a: large }, posting: posting({ cost: large }) });
  }
  expect((await ledger.spend())[0]?.cost).toBe(3 * large);
  expect(await server.ask('HGETALL', `{${prefix}}:ledger:account:a`)).toEqual({
    spent: String(3 * large),
    held: '0',
  });
  const lines = (await server.ask('HVALS', `{${prefix}}:ledger:day:2026-01-31`)) as string[];
  expect(lines.every((amount) => /^\d+$/.test(amount))).toBe(true);
});

test('takes whole amounts only', async () => {
  const { ledger } = open();
  for (const amount of [0.5, -1, Number.NaN, 2 ** 53]) {
    await expect(ledger.reserve({ id: '1', leaseMs: 1000, entries: [entry(amount)] })).rejects.toThrow(
      RangeError,
    );
    await expect(ledger.settle({ id: '1', amounts: { a: amount } })).rejects.toThrow(RangeError);
  }
});

test('gives all that is of a call an end', async () => {
  const { ledger, prefix } = open();
  await ledger.reserve({ id: 'held', leaseMs: 1000, entries: [entry(10), entry(10, '{b}')] });
  await ledger.reserve({ id: 'settled', leaseMs: 1000, entries: [entry(10)] });
  await ledger.settle({ id: 'settled', amounts: { a: 5 }, posting: posting() });
  const keys = (await server.ask('KEYS', `*${prefix}*`)) as string[];
  const lives = await Promise.all(
    keys.toSorted().map(async (key) => {
      const ms = Number(await server.ask('PTTL', key));
      return [key.replace(`{${prefix}}:ledger:`, ''), ms < 0 ? 'no end' : `${(ms / HOUR).toFixed(1)} h`];
    }),
  );
  expect(Object.fromEntries(lives)).toEqual({
    'account:a': '1.0 h',
    'account:{b}': '1.0 h',
    days: 'no end',
    'day:2026-01-31': `${(400 * 24).toFixed(1)} h`,
    leases: 'no end',
    'reservation:held': '25.0 h',
  });
});

test('lapses a few at a time, and counts the rest as held', async () => {
  const { ledger, prefix } = open();
  const ids = Array.from({ length: 250 }, (_, index) => String(index));
  await Promise.all(ids.map((id) => ledger.reserve({ id, leaseMs: 1, entries: [entry(1, 'a', 1000)] })));
  await sleep(20);
  const seen: unknown[] = [];
  for (const id of ['x', 'y', 'z', 'w']) {
    const { accounts } = await ledger.reserve({ id, leaseMs: HOUR, entries: [entry(0, 'a', 1000)] });
    seen.push([Number(await server.ask('ZCARD', `{${prefix}}:ledger:leases`)), accounts[0]?.spent]);
    expect((accounts[0]?.spent ?? 0) + (accounts[0]?.held ?? 0)).toBe(250);
  }
  expect(seen.at(-1)).toEqual([4, 250]);
  // One whose turn came is corrected, like one whose turn had not.
  await Promise.all(ids.map((id) => ledger.settle({ id, amounts: { a: 2 } })));
  const { accounts } = await ledger.reserve({ id: 'last', leaseMs: HOUR, entries: [entry(0, 'a', 1000)] });
  expect(accounts).toEqual([{ account: 'a', spent: 500, held: 0 }]);
});

test('keeps an account as long as something is held in it', async () => {
  const { ledger, prefix } = open();
  await ledger.reserve({ id: '1', leaseMs: 1000, entries: [{ ...entry(10), keepMs: 1 }] });
  expect(await server.ask('PTTL', `{${prefix}}:ledger:account:a`)).toBeGreaterThan(60_000);
  await ledger.renew(['1'], 2 * DAY);
  expect(await server.ask('PTTL', `{${prefix}}:ledger:account:a`)).toBeGreaterThan(2 * DAY);
  expect(await server.ask('PTTL', `{${prefix}}:ledger:reservation:1`)).toBeGreaterThan(2 * DAY);
});

test('goes on when the server forgets its scripts', async () => {
  const { ledger } = open();
  const flushing = (async () => {
    for (let round = 0; round < 20; round++) await server.ask('SCRIPT', 'FLUSH');
  })();
  const results: boolean[] = [];
  for (let id = 0; id < 200; id++) {
    const { exceeded } = await ledger.reserve({ id: String(id), leaseMs: HOUR, entries: [entry(1)] });
    results.push(exceeded === undefined);
  }
  await flushing;
  expect(results.filter(Boolean).length).toBe(100);
});

test('makes two round trips for a call: one before it and one after', async () => {
  const client = createClient({ url: server.url });
  await client.connect();
  const trips: string[] = [];
  const ledger = redisLedger({
    prefix: `books-${++books}`,
    client: {
      evalSha: (sha, call) => {
        trips.push('evalSha');
        return client.evalSha(sha, call);
      },
      eval: (text, call) => {
        trips.push('eval');
        return client.eval(text, call);
      },
    },
  });
  const call = async (id: string): Promise<void> => {
    await ledger.reserve({ id, leaseMs: HOUR, entries: [entry(1), entry(1, 'b')] });
    await ledger.settle({ id, amounts: { a: 1, b: 1 }, posting: posting() });
  };
  await call('first');
  trips.length = 0;
  await call('second');
  expect(trips).toEqual(['evalSha', 'evalSha']);
  await ledger.close?.();
  expect(client.isOpen).toBe(true);
  client.destroy();
});
