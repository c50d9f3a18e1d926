import { setTimeout as sleep } from 'node:timers/promises';
import { ledgerSuite } from '@interpose/budget/suite';
import { limitStoreSuite } from '@interpose/limit/suite';
import { createCluster } from '@redis/client';
import { afterAll, beforeAll, test } from 'vitest';
import { freePort, redisServer, type RedisServer } from './redis-server.test-support.ts';
import { redisLedger, redisLimitStore } from './redis.ts';

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

for (const { name, run } of ledgerSuite(make)) test(`books in a cluster: ${name}`, run);
for (const { name, run } of limitStoreSuite(make)) test(`counts in a cluster: ${name}`, run);
