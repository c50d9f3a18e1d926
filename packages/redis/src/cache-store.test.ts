import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheStore } from '@interpose/cache';
import { cacheStoreSuite } from '@interpose/cache/suite';
import { createClient, createClientPool } from '@redis/client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { redisServer, type RedisServer } from './redis-server.test-support.ts';
import { redisCacheStore } from './redis.ts';

let server: RedisServer;
let caches = 0;

beforeAll(async () => {
  server = await redisServer();
});
afterAll(() => server?.stop());

/** An empty cache, and what its keys begin with. */
function open(): { store: CacheStore; prefix: string } {
  const prefix = `mine-${++caches}`;
  const store = redisCacheStore({ url: server.url, prefix, commandTimeout: '5s' });
  onTestFinished(() => store.close?.());
  return { store, prefix };
}

describe('a cache in Redis', () => {
  const make = () => {
    const options = { url: server.url, prefix: `suite-${++caches}`, commandTimeout: '5s' } as const;
    const [store, second] = [redisCacheStore(options), redisCacheStore(options)];
    return {
      store,
      second,
      advance: (ms: number) => sleep(ms),
      async close() {
        await store.close?.();
        await second.close?.();
      },
    };
  };
  for (const { name, run } of cacheStoreSuite(make)) test(name, run);
});

describe('a cache over pools of the application', () => {
  const make = async () => {
    const [one, two] = [createClientPool({ url: server.url }), createClientPool({ url: server.url })];
    await Promise.all([one.connect(), two.connect()]);
    const options = { prefix: `suite-${++caches}`, commandTimeout: '5s' } as const;
    return {
      store: redisCacheStore({ client: one, ...options }),
      second: redisCacheStore({ client: two, ...options }),
      advance: (ms: number) => sleep(ms),
      close: async () => {
        one.destroy();
        two.destroy();
      },
    };
  };
  for (const { name, run } of cacheStoreSuite(make)) test(name, run);
});

test('gives all that it keeps an end, and nothing else is there', async () => {
  const { store, prefix } = open();
  await store.set('a', Uint8Array.of(1), 90_000.5);
  await store.set('for ever', Uint8Array.of(1), Infinity);
  await store.set('over', Uint8Array.of(1), 60_000);
  await store.set('over', Uint8Array.of(1), 0);
  await store.leases?.acquire('a', 'one', 5000);
  await store.leases?.acquire('b', 'one', 5000);
  await store.leases?.release('b', 'one');
  const lives: Record<string, number> = {};
  for (const key of (await server.ask('KEYS', `*${prefix}*`)) as string[]) {
    lives[key.replace(prefix, '')] = Math.round(Number(await server.ask('PTTL', key)) / 5000) * 5;
  }
  expect(lives).toEqual({ ':cache:a': 90, ':cache:for ever': 3_000_000_000, ':cache-lease:a': 5 });
});

test('makes one round trip for a step', async () => {
  const { store } = open();
  await store.leases?.acquire('warm', 'one', 5000);
  await store.leases?.release('warm', 'one');
  await server.ask('CONFIG', 'RESETSTAT');
  await store.get('a');
  await store.set('a', Uint8Array.of(1), 60_000);
  await store.leases?.acquire('a', 'one', 5000);
  await store.leases?.release('a', 'one');
  await store.delete('a');
  const said = String(await server.ask('INFO', 'commandstats'));
  // Scripts call some of these as well, which are counted with them.
  const calls = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(said)?.[1] ?? 0);
  expect(
    Object.fromEntries(['get', 'set', 'del', 'evalsha', 'eval'].map((name) => [name, calls(name)])),
  ).toEqual({ get: 3, set: 2, del: 2, evalsha: 2, eval: 0 });
});

test('leaves a client that it was given as it was, also how it answers', async () => {
  const client = await createClient({ url: server.url }).connect();
  const store = redisCacheStore({ client, prefix: 'theirs' });
  await store.set('a', Buffer.from('text'), 60_000);
  expect(await store.get('a')).toEqual(Buffer.from('text'));
  await store.close?.();
  expect(await client.get('theirs:cache:a')).toBe('text');
  client.destroy();
});

test('refuses a client that cannot answer in bytes', () => {
  const client = { evalSha: async () => [], eval: async () => [] };
  expect(() => redisCacheStore({ client })).toThrow(
    'redis: client must have withTypeMapping, get, set and del, as one of node-redis has, for a cache',
  );
});
