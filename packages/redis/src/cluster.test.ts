import { setTimeout as sleep } from 'node:timers/promises';
import { ledgerSuite } from '@interpose/budget/suite';
import { cacheStoreSuite } from '@interpose/cache/suite';
import { limitStoreSuite } from '@interpose/limit/suite';
import type { CacheStore } from '@interpose/cache';
import { createCluster } from '@redis/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, redisServer, type RedisServer } from './redis-server.test-support.ts';
import { redisCacheStore, redisLedger, redisLimitStore } from './redis.ts';

// A cluster of one node: it still refuses a script that touches keys of two slots.
let server: RedisServer;
let books = 0;

beforeAll(async () => {
  const bus = String(await freePort());
  server = await redisServer('--cluster-enabled', 'yes', '--cluster-port', bus);
  await server.ask('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  while (!String(await server.ask('CLUSTER', 'INFO')).includes('cluster_state:ok')) await sleep(20);
});
afterAll(() => server?.stop());

const make = async () => {
  const cluster = createCluster({ rootNodes: [{ url: server.url }] });
  await cluster.connect();
  const options = { client: cluster, prefix: `suite-${++books}`, commandTimeout: '5s' } as const;
  return {
    ledger: redisLedger(options),
    store: redisLimitStore(options),
    leaseMs: 1000,
    advance: (ms: number) => sleep(ms),
    close: async () => cluster.destroy(),
  };
};

const makeCache = async () => {
  const clusters = [0, 1].map(() => createCluster({ rootNodes: [{ url: server.url }] }));
  const prefix = `suite-${++books}`;
  const [store, second] = await Promise.all(
    clusters.map(async (client) => {
      await client.connect();
      return redisCacheStore({ client, prefix, commandTimeout: '5s' });
    }),
  );
  return {
    store: store as CacheStore,
    second: second as CacheStore,
    advance: (ms: number) => sleep(ms),
    close: async () => {
      for (const client of clusters) client.destroy();
    },
  };
};

for (const { name, run } of ledgerSuite(make)) test(`books in a cluster: ${name}`, run);
for (const { name, run } of limitStoreSuite(make)) test(`counts in a cluster: ${name}`, run);
for (const { name, run } of cacheStoreSuite(makeCache)) test(`cache in a cluster: ${name}`, run);

test('what is cached is spread over the slots', async () => {
  const { store, close } = await makeCache();
  for (let number = 0; number < 20; number++) await store.set(String(number), Uint8Array.of(1), 60_000);
  const keys = (await server.ask('KEYS', `suite-${books}:*`)) as string[];
  const slots = await Promise.all(keys.map((key) => server.ask('CLUSTER', 'KEYSLOT', key)));
  expect(new Set(slots).size).toBeGreaterThan(15);
  await close();
});
