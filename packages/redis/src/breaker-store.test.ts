import { setTimeout as sleep } from 'node:timers/promises';
import type { BreakerReport, BreakerStore } from '@interpose/breaker';
import { breakerStoreSuite } from '@interpose/breaker/suite';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { redisServer, type RedisServer } from './redis-server.test-support.ts';
import { redisBreakerStore } from './redis.ts';

let server: RedisServer;
let stores = 0;

beforeAll(async () => {
  server = await redisServer();
});
afterAll(() => server?.stop());

describe('the state of breakers in Redis', () => {
  const make = () => {
    const options = { url: server.url, prefix: `suite-${++stores}`, commandTimeout: '5s' } as const;
    const [store, second] = [redisBreakerStore(options), redisBreakerStore(options)];
    return {
      store,
      second,
      openMs: 1000,
      // By the server's own clock, which may be a little behind.
      advance: (ms: number) => sleep(ms + 5),
      async close() {
        await store.close?.();
        await second.close?.();
      },
    };
  };
  for (const { name, run } of breakerStoreSuite(make)) test.concurrent(name, run);
});

function open(): { store: BreakerStore; prefix: string } {
  const prefix = `breakers-${++stores}`;
  const store = redisBreakerStore({ url: server.url, prefix, commandTimeout: '5s' });
  onTestFinished(() => store.close?.());
  return { store, prefix };
}

const rules = { consecutive: 1, maxProbes: 1, probeMs: 60_000 };

function report(result: BreakerReport['result'], more: Partial<BreakerReport> = {}): BreakerReport {
  return { key: 'host model', id: '1', rules, result, openMs: 10_000, maxOpenMs: 60_000, ...more };
}

test('keeps nothing of targets that only succeed, and gives all else an end', async () => {
  const { store, prefix } = open();
  await store.report(report('success'));
  expect(await server.ask('KEYS', `*${prefix}*`)).toEqual([]);
  await store.report(report('failure', { openMs: 1 }));
  await sleep(5);
  await store.enter({ key: 'host model', id: '2', rules });
  const keys = (await server.ask('KEYS', `*${prefix}*`)) as string[];
  expect(keys.toSorted()).toEqual([
    `{${prefix}}:breaker:circuit:host model`,
    `{${prefix}}:breaker:probes:host model`,
  ]);
  for (const key of keys) expect(Number(await server.ask('PTTL', key))).toBeGreaterThan(600_000);
});
