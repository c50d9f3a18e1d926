import { expect, test } from 'vitest';
import { memoryCacheStore } from './index.ts';

const MB = 1024 * 1024;

test('a million entries take no more than they may', async () => {
  const used = async (): Promise<number> => {
    // What was let go of by one collection may be freed by the next.
    for (let round = 0; round < 3; round++) {
      globalThis.gc?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = await used();
  const store = memoryCacheStore({ maxBytes: 64 * MB });
  for (let entry = 0; entry < 1_000_000; entry++) {
    const size = 50 + (entry % 700);
    await store.set(entry.toString(16).padStart(64, '0'), Buffer.allocUnsafeSlow(size), 3_600_000);
  }
  const taken = (await used()) - before;
  expect(taken).toBeLessThanOrEqual(1.1 * 64 * MB);
  // And not by keeping nothing.
  expect(taken).toBeGreaterThan(0.5 * 64 * MB);
  expect(await store.get((999_999).toString(16).padStart(64, '0'))).toBeDefined();
}, 60_000);
