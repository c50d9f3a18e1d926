import { expect, test } from 'vitest';
import { chaos } from './chaos.ts';
import { describeStores } from './stores.test-support.ts';
import { ONE } from './order.ts';

// The short form; `pnpm chaos` is the long one.
describeStores('a fleet over books in', (storeOf) => {
  test('spends what it may to the last call, and has on its books what the provider has', async () => {
    const cap = 120 * ONE;
    const options = { store: storeOf('calm'), cap, processes: 2, inFlight: 8, seed: 1 };
    const { served, spent, posted, held, faults, errors } = await chaos(options);
    expect([spent, posted, held, faults, errors]).toEqual([served, served, 0, 0, []]);
    expect(served).toBeLessThanOrEqual(cap);
    expect(served).toBeGreaterThanOrEqual(cap * 0.95);
  }, 120_000);

  test('does not overshoot when its processes are killed and streams are left, and holds nothing in the end', async () => {
    const cap = 200 * ONE;
    const fleet = { store: storeOf('killed'), cap, processes: 3, inFlight: 6 };
    const result = await chaos({ ...fleet, kills: 3, unruly: true, seed: 2 });
    const { served, spent, held, kills, faults, errors } = result;
    expect({ held, faults, errors }).toEqual({ held: 0, faults: 0, errors: [] });
    expect(kills).toBeGreaterThan(0);
    // What was lost with a process counts as it was estimated: never less than the bill.
    expect(spent).toBeGreaterThanOrEqual(served);
    expect(spent).toBeLessThanOrEqual(cap);
    expect(spent).toBeGreaterThanOrEqual(cap * 0.95);
  }, 120_000);
});
