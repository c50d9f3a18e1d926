import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { redisServer, type RedisServer } from '../../../packages/redis/src/redis-server.test-support.ts';
import { chaos } from './chaos.ts';
import type { Store } from './order.ts';

let folder = '';
let server: RedisServer | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chaos-'));
  server = await redisServer();
});

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What a call is held for at most: 12 tokens in, 8 out. */
const ONE = 28_000;

// The short form; `pnpm chaos` is the long one.
describe.each(['sqlite', 'redis'] as const)('a fleet over books in %s', (kind) => {
  const storeOf = (name: string): Store =>
    kind === 'sqlite'
      ? { kind, path: join(folder, `${name}.db`) }
      : { kind, url: server?.url ?? '', prefix: name };

  test('spends what it may to the last call, and has on its books what the provider has', async () => {
    const cap = 120 * ONE;
    const options = { store: storeOf('calm'), processes: 3, inFlight: 6, kills: 0, unruly: false, seed: 1 };
    const { served, spent, held, errors } = await chaos({ ...options, cap });
    expect({ spent, held, errors }).toEqual({ spent: served, held: 0, errors: [] });
    expect(served).toBeLessThanOrEqual(cap);
    expect(served).toBeGreaterThanOrEqual(cap * 0.95);
  }, 60_000);

  test('does not overshoot when its processes are killed and streams are left, and holds nothing in the end', async () => {
    const cap = 200 * ONE;
    const options = { store: storeOf('killed'), processes: 3, inFlight: 6, kills: 4, unruly: true, seed: 2 };
    const { served, spent, held, kills, errors } = await chaos({ ...options, cap });
    expect({ held, errors }).toEqual({ held: 0, errors: [] });
    expect(kills).toBeGreaterThan(0);
    // What was lost with a process counts as it was estimated: never less than the bill.
    expect(spent).toBeGreaterThanOrEqual(served);
    expect(spent).toBeLessThanOrEqual(cap);
    expect(spent).toBeGreaterThanOrEqual(cap * 0.95);
  }, 60_000);
});
