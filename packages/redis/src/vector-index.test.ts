import { vectorIndexSuite } from '@interpose/cache/semantic/suite';
import type { Clock, Logger } from '@interpose/core';
import { systemClock } from '@interpose/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { redisVectorIndex, type RedisVectorIndexOptions } from './index.ts';
import { fakeServer, redisServer } from './redis-server.test-support.ts';
import { vectorServer, type VectorServer } from './vector-server.test-support.ts';

const MINUTE = 60_000;
const NEAR = { limit: 10, minSimilarity: 0.5 };
const EAST = Float32Array.of(1, 0);
const NORTH_EAST = Float32Array.of(Math.SQRT1_2, Math.SQRT1_2);

/** The clock of the machine, which a test can set forward. */
function movable(): Clock & { advance(ms: number): Promise<void> } {
  let ahead = 0;
  return {
    ...systemClock,
    now: () => systemClock.now() + ahead,
    advance: async (ms) => {
      ahead += ms;
    },
  };
}

describe('over a stand-in with vector sets', () => {
  const suite = vectorIndexSuite(async () => {
    const server = await vectorServer();
    const clock = movable();
    const open = () => redisVectorIndex({ url: server.url, commandTimeout: '5s' }, { clock });
    const [index, second] = [open(), open()];
    return {
      index,
      second,
      advance: clock.advance,
      async close() {
        await Promise.all([index.close?.(), second.close?.()]);
        await server.close();
      },
    };
  });
  for (const { name, run } of suite) test(name, run);
});

interface Opened {
  readonly index: ReturnType<typeof redisVectorIndex>;
  readonly warnings: readonly string[];
  readonly clock: ReturnType<typeof movable>;
}

function open(options: RedisVectorIndexOptions): Opened {
  const warnings: string[] = [];
  const nothing = (): void => {};
  const warn = (fields: object, message: string): void =>
    void warnings.push(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = { debug: nothing, info: nothing, error: nothing, warn };
  const clock = movable();
  const index = redisVectorIndex({ commandTimeout: '5s', ...options }, { logger, clock });
  onTestFinished(async () => {
    await index.close?.();
  });
  return { index, warnings, clock };
}

async function start(): Promise<VectorServer> {
  const server = await vectorServer();
  onTestFinished(() => server.close());
  return server;
}

test('says what it keeps in the words of Redis 8', async () => {
  const { url, commands } = await start();
  const { index, clock } = open({ url, prefix: 'shop' });
  clock.now = () => 1000;
  await index.add('wall', 'one', EAST, 500);
  await index.search('wall', EAST, NEAR);
  await index.remove('wall', 'one', 2);
  expect(commands).toEqual([
    'VCARD shop:vectors:none',
    'VADD shop:vectors:{wall}:2 FP32 <vector> one NOQUANT SETATTR {"until":1500}',
    'ZADD shop:vectors:{wall}:2:until 1500 one',
    'PEXPIRE shop:vectors:{wall}:2 500 NX',
    'PEXPIRE shop:vectors:{wall}:2 500 GT',
    'PEXPIRE shop:vectors:{wall}:2:until 500 NX',
    'PEXPIRE shop:vectors:{wall}:2:until 500 GT',
    'ZRANGEBYSCORE shop:vectors:{wall}:2:until -inf 1000 LIMIT 0 100',
    'ZRANGE shop:vectors:{wall}:2:until 0 -10001',
    'VSIM shop:vectors:{wall}:2 FP32 <vector> WITHSCORES COUNT 10 FILTER .until > 1000',
    'VREM shop:vectors:{wall}:2 one',
    'ZREM shop:vectors:{wall}:2:until one',
  ]);
});

test('a wall ends with the last behind it, and not before', async () => {
  const { url, ends } = await start();
  const { index } = open({ url });
  for (const ttlMs of [500, 2000, 1000]) await index.add('wall', String(ttlMs), EAST, ttlMs);
  expect([...ends.values()]).toEqual([2000, 2000]);
});

test('what has expired is cleared away when something is added', async () => {
  const server = await start();
  const { index, clock } = open({ url: server.url });
  for (const id of ['a', 'b', 'c']) await index.add('wall', id, EAST, 1000);
  expect(server.sizes()).toEqual([3]);
  await clock.advance(1000);
  await index.add('wall', 'd', EAST, MINUTE);
  expect(server.sizes()).toEqual([1]);
});

test('no more stand behind a wall than may: those that expire first go', async () => {
  const server = await start();
  const { index } = open({ url: server.url, maxPerWall: 2 });
  for (const [at, id] of ['a', 'b', 'c', 'd'].entries()) {
    await index.add('wall', id, EAST, MINUTE + (id === 'a' ? 10_000 : at));
  }
  const near = await index.search('wall', EAST, NEAR);
  expect(near.map(({ id }) => id).toSorted()).toEqual(['a', 'd']);
  expect(server.sizes()).toEqual([2]);
});

test.each<[string, unknown]>([
  ['of RESP2', ['far', '0.6', 'one', '1', 'near', '0.9']],
  ['of RESP3, as an object', { far: 0.6, one: 1, near: 0.9 }],
  [
    'of RESP3, as a map',
    new Map([
      ['far', 0.6],
      ['one', 1],
      ['near', 0.9],
    ]),
  ],
])('a client of the application may answer with scores %s, and is not closed', async (_, reply) => {
  const sent: string[] = [];
  const client = {
    sendCommand: async ([name]: (string | Buffer)[]) => {
      sent.push(String(name));
      return name === 'VSIM' ? reply : 0;
    },
  };
  const { index } = open({ client });
  expect(await index.search('wall', EAST, NEAR)).toEqual([
    { id: 'one', similarity: 1 },
    { id: 'near', similarity: 0.8 },
  ]);
  await index.close?.();
  expect(sent).toEqual(['VCARD', 'VSIM']);
});

test('a real server without vector sets is told in the log, once, and memory takes its place', async () => {
  const server = await redisServer();
  onTestFinished(() => server.stop());
  const { index, warnings } = open({ url: server.url });
  await Promise.all([
    index.add('wall', 'one', EAST, MINUTE),
    index.add('wall', 'two', NORTH_EAST, MINUTE),
    index.search('other', EAST, NEAR),
  ]);
  await index.remove('wall', 'two', 2);
  expect(await index.search('wall', NORTH_EAST, NEAR)).toEqual([
    { id: 'one', similarity: expect.closeTo(Math.SQRT1_2, 5) },
  ]);
  expect(warnings).toEqual([
    'redisVectorIndex: the server has no vector sets; vectors are kept in the memory of this process {"needs":"Redis 8"}',
  ]);
  expect(await server.ask('DBSIZE')).toBe(0);
});

test('a server that is not there is an error of each step, and no reason for memory', async () => {
  const { index, warnings } = open({ url: 'redis://127.0.0.1:1', commandTimeout: '50ms' });
  await expect(index.search('wall', EAST, NEAR)).rejects.toMatchObject({ code: 'redis_unavailable' });
  await expect(index.add('wall', 'one', EAST, MINUTE)).rejects.toMatchObject({ code: 'redis_unavailable' });
  expect(warnings).toEqual([]);
});

test('a server that never answers costs no more than it may', async () => {
  const server = await fakeServer((command, socket) => {
    if (command.includes('SETINFO')) socket.write('+OK\r\n+OK\r\n');
  });
  onTestFinished(() => server.close());
  const { index } = open({ url: server.url, commandTimeout: '100ms' });
  const began = performance.now();
  await expect(index.search('wall', EAST, NEAR)).rejects.toMatchObject({
    name: 'RedisError',
    transient: true,
  });
  expect(performance.now() - began).toBeLessThan(3000);
});

test('a server that does not let this user search says so', async () => {
  const client = {
    sendCommand: () =>
      Promise.reject(new Error("NOPERM this user has no permissions to run the 'vcard' command")),
  };
  const { index, warnings } = open({ client });
  await expect(index.search('wall', EAST, NEAR)).rejects.toMatchObject({ code: 'redis_refused' });
  expect(warnings).toEqual([]);
});

test.each<[object, string]>([
  [{ url: 'redis://x', maxPerWall: 0 }, 'redisVectorIndex: maxPerWall must be an integer >= 1, got 0'],
  [{ client: {} }, 'redis: client must have sendCommand, as one of node-redis has'],
  [{}, 'redis: give either url or client'],
])('a wrong option is told at once: %j', (options, message) => {
  expect(() => redisVectorIndex(options as never)).toThrow(message);
});
