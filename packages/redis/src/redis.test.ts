import { LEDGER, type Ledger } from '@interpose/budget';
import { CACHE_STORE, type CacheStore } from '@interpose/cache';
import { controlLayer, type Plugin } from '@interpose/core';
import { LIMIT_STORE, type LimitStore } from '@interpose/limit';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { redisServer, type RedisServer } from './redis-server.test-support.ts';
import type { RedisOptions } from './options.ts';
import { redis } from './redis.ts';

let server: RedisServer;

beforeAll(async () => {
  server = await redisServer();
});
afterAll(() => server?.stop());

/** A unit that only asks for the books, twice. */
function asking(got: Ledger[]): Plugin {
  return {
    name: 'asking',
    create(container) {
      got.push(container.resolve(LEDGER), container.resolve(LEDGER));
      return (next) => next;
    },
  };
}

const clients = async (): Promise<number> =>
  // One of them asks.
  Number(/connected_clients:(\d+)/.exec(String(await server.ask('INFO', 'clients')))?.[1]) - 1;

test('gives a layer its books, and ends with it', async () => {
  const got: Ledger[] = [];
  const layer = controlLayer([redis({ url: server.url }), asking(got)]);
  const [ledger, again] = got;
  expect(again).toBe(ledger);
  await ledger?.reserve({ id: '1', leaseMs: 1000, entries: [] });
  expect(await clients()).toBe(1);
  await layer.close();
  await expect(ledger?.reserve({ id: '2', leaseMs: 1000, entries: [] })).rejects.toThrow('it is closed');
  await expect.poll(clients).toBe(0);
});

test('gives it the counts of its limits as well, over the same connection', async () => {
  const got: (LimitStore | Ledger)[] = [];
  const both: Plugin = {
    name: 'both',
    create(container) {
      got.push(container.resolve(LIMIT_STORE), container.resolve(LIMIT_STORE), container.resolve(LEDGER));
      return (next) => next;
    },
  };
  const layer = controlLayer([redis({ url: server.url }), both]);
  const [limits, again, ledger] = got as [LimitStore, LimitStore, Ledger];
  expect(again).toBe(limits);
  expect((await limits.take({ rates: [] })).taken).toBe(true);
  await ledger.reserve({ id: 'both', leaseMs: 1000, entries: [] });
  expect(await clients()).toBe(1);
  await layer.close();
  await expect(limits.take({ rates: [] })).rejects.toThrow('it is closed');
  await expect.poll(clients).toBe(0);
});

test('gives it a cache as well, over the same connection', async () => {
  const got: CacheStore[] = [];
  const caching: Plugin = {
    name: 'caching',
    create(container) {
      got.push(container.resolve(CACHE_STORE), container.resolve(CACHE_STORE));
      return (next) => next;
    },
  };
  const layer = controlLayer([redis({ url: server.url }), caching, asking([])]);
  const [store, again] = got as [CacheStore, CacheStore];
  expect(again).toBe(store);
  await store.set('a', Uint8Array.of(0, 255), 60_000);
  expect(await store.get('a')).toEqual(Buffer.of(0, 255));
  expect(await clients()).toBe(1);
  await layer.close();
  await expect(store.get('a')).rejects.toThrow('it is closed');
  await expect.poll(clients).toBe(0);
});

test('opens nothing where nobody asks', async () => {
  await using _ = controlLayer([redis({ url: server.url })]);
  expect(await clients()).toBe(0);
});

test('leaves a client that it was given as it was', async () => {
  const client = await createClient({ url: server.url }).connect();
  const got: Ledger[] = [];
  const layer = controlLayer([redis({ client, prefix: 'mine' }), asking(got)]);
  await got[0]?.reserve({ id: '1', leaseMs: 1000, entries: [] });
  await layer.close();
  expect(await client.exists('{mine}:ledger:reservation:1')).toBe(1);
  client.destroy();
});

test('describes itself without its secrets', () => {
  expect(
    redis({ url: 'rediss://someone:secret@cache.example:6380/2', commandTimeout: '1s' }).describe?.(),
  ).toEqual({
    server: 'rediss://cache.example:6380/2',
    prefix: 'interpose',
    commandTimeout: 1000,
  });
  const client = { evalSha: async () => [], eval: async () => [] };
  expect(redis({ client }).describe?.()['server']).toBe('a client of the application');
});

test.each<[unknown, string]>([
  [{}, 'redis: give either url or client'],
  [{ url: 'redis://h', client: {} }, 'redis: give either url or client'],
  [{ url: 'http://:secret@h' }, 'redis: url must be like redis://host:6379/0, or rediss:// for TLS'],
  [
    { url: new URL('redis://:secret@h') },
    'redis: url must be like redis://host:6379/0, or rediss:// for TLS',
  ],
  [{ url: 'redis://:secret%zz@h' }, 'redis: url must be like redis://host:6379/0, or rediss:// for TLS'],
  [{ url: 'redis://:secret@h/zero' }, 'redis: url must be like redis://host:6379/0, or rediss:// for TLS'],
  [{ client: {} }, 'redis: client must have evalSha and eval, as one of node-redis has'],
  [{ client: 'secret' }, 'redis: client must have evalSha and eval, as one of node-redis has'],
  [{ url: 'redis://h', prefix: 'a{b' }, 'redis: prefix must be a non-empty string without braces, got "a{b"'],
  [{ url: 'redis://h', commandTimeout: 0 }, 'redis: commandTimeout must be at least 1 ms, got 0'],
])('refuses %j', (options, message) => {
  expect(() => redis(options as RedisOptions)).toThrow(message);
});
