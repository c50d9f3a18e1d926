import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { redisServer, type RedisServer } from '../../../packages/redis/src/redis-server.test-support.ts';
import { chaos } from './chaos.ts';
import { ONE, type Store } from './order.ts';

// Of a step; a call that meets the outage is refused after as long, and is not sent.
const PATIENCE_MS = 250;
const fleet = { processes: 2, inFlight: 10, cap: 150 * ONE, patienceMs: PATIENCE_MS, seed: 3 };

let server: RedisServer;
let store: Store;

async function start(...settings: string[]): Promise<void> {
  server = await redisServer(...settings);
  store = { kind: 'redis', url: server.url, prefix: 'outage' };
}
afterEach(() => server.stop());

/** Sooner than the network is back, with time for what else a call does on a machine that is busy. */
const SOON_MS = 3000;

describe('a fleet whose Redis keeps its data', () => {
  beforeEach(() => start('--appendonly', 'yes'));

  test('does not overshoot when it is killed and comes back, and no call hangs', async () => {
    const trouble = async (): Promise<void> => {
      await server.kill();
      await sleep(1500);
      await server.restart();
    };
    const { served, spent, held, posted, faults, slowestMs, errors } = await chaos({
      ...fleet,
      store,
      trouble,
    });
    expect({ posted, held, errors }).toEqual({ posted: served, held: 0, errors: [] });
    expect(served).toBeLessThanOrEqual(fleet.cap);
    // A hold whose answer was lost may have lapsed before it could be given back.
    expect(spent).toBeGreaterThanOrEqual(served);
    expect(spent).toBeLessThanOrEqual(fleet.cap);
    expect(faults).toBeGreaterThan(0);
    expect(slowestMs).toBeLessThan(SOON_MS);
  }, 120_000);

  test('does not overshoot when the network swallows all for some seconds, and no call hangs', async () => {
    // It reads on and answers nothing, for longer than a lease: what is under way lapses, and is corrected.
    const trouble = async (): Promise<void> => {
      await server.ask('CLIENT', 'PAUSE', '3500', 'ALL');
    };
    const { served, spent, held, posted, faults, slowestMs, errors } = await chaos({
      ...fleet,
      store,
      trouble,
    });
    expect({ posted, held, errors }).toEqual({ posted: served, held: 0, errors: [] });
    expect(served).toBeLessThanOrEqual(fleet.cap);
    expect(spent).toBeGreaterThanOrEqual(served);
    expect(spent).toBeLessThanOrEqual(fleet.cap);
    expect(faults).toBeGreaterThan(0);
    expect(slowestMs).toBeLessThan(SOON_MS);
  }, 120_000);
});

describe('a fleet whose Redis keeps nothing', () => {
  beforeEach(() => start());

  test('starts anew with empty books when it comes back: a second cap at most, and nothing stays held', async () => {
    let before = 0;
    const { served, spent, held, slowestMs, errors } = await chaos({
      ...fleet,
      store,
      trouble: async (provider) => {
        await server.kill();
        await sleep(500);
        // What was sent until now is on no books any more.
        before = provider.requests.length * ONE;
        await server.restart();
      },
    });
    expect({ held, errors }).toEqual({ held: 0, errors: [] });
    expect(spent).toBeLessThanOrEqual(fleet.cap);
    expect(spent).toBeGreaterThanOrEqual(fleet.cap * 0.95);
    expect(served).toBeLessThanOrEqual(before + spent);
    expect(slowestMs).toBeLessThan(SOON_MS);
  }, 120_000);
});
