import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { redisServer, type RedisServer } from '../../../packages/redis/src/redis-server.test-support.ts';
import { fleetOf, type Fleet } from './fleet.ts';
import type { Place } from './shift.ts';

let folder = '';
let server: RedisServer | undefined;
let fleet: Fleet | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fleet-'));
  server = await redisServer();
  fleet = await fleetOf(8);
}, 60_000);

afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

// A slow rate, so that on a busy machine as well somebody asks before its burst, of 0.7 s, is full.
const SHIFT = { limit: 600, everyMs: 60_000, callers: 4 };

// The short form; `pnpm fleet` is the long one.
test.each(['sqlite', 'redis'] as const)(
  'eight processes share one limit over %s: never beyond it in any span, and 98 of 100 are usable',
  async (kind) => {
    const place: Place =
      kind === 'sqlite'
        ? { kind, path: join(folder, 'fleet.db') }
        : { kind, url: server?.url ?? '', prefix: 'fleet' };
    const result = await fleet?.run({ ...SHIFT, place }, 4000);
    expect(result).toMatchObject({ beyond: 0, errors: [] });
    expect(result?.granted).toBeGreaterThan(20);
    expect(result?.served).toBeGreaterThan(1);
    expect(result?.share).toBeGreaterThanOrEqual(0.98);
  },
  60_000,
);

test('eight processes that each count for themselves go beyond it, and this test would see it', async () => {
  const result = await fleet?.run({ ...SHIFT, place: { kind: 'memory' } }, 500);
  expect(result?.beyond).toBeGreaterThan(7);
}, 60_000);
