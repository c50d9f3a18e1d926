import type { Clock } from '@interpose/core';
import { fakeClock } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { memoryLimitStore, type LimitStore } from './index.ts';
import { mostInAnyWindow, stackOf } from './limit.test-support.ts';

const LIMIT = 200;
const EVERY_MS = 1000;

/** A store that is asked over a network: each step takes a while, and comes in the order of arrival. */
function remote(store: LimitStore, clock: Clock, ms: () => number): LimitStore {
  const after = async <T>(step: () => Promise<T>): Promise<T> => {
    await clock.sleep(ms());
    const answer = await step();
    await clock.sleep(ms());
    return answer;
  };
  return {
    take: (request) => after(() => store.take(request)),
    settle: (settlement) => after(() => store.settle(settlement)),
    renew: (slots, leaseMs) => after(() => store.renew(slots, leaseMs)),
  };
}

/** When the store let calls of four layers go that always have more to send, in milliseconds. */
async function course(
  clock: Clock,
  seconds: number,
  distance: ((layer: number, step: number) => number) | undefined,
  run: (work: Promise<unknown>) => Promise<unknown>,
): Promise<number[]> {
  const granted: number[] = [];
  const memory = memoryLimitStore(clock);
  const store: LimitStore = {
    ...memory,
    async take(request) {
      const answer = await memory.take(request);
      if (answer.taken) granted.push(clock.monotonic());
      return answer;
    },
  };
  const until = clock.monotonic() + seconds * 1000;
  let steps = 0;
  const work = Promise.all(
    [0, 1, 2, 3].map(async (layer) => {
      const stack = stackOf(
        LIMIT * (seconds + 2),
        {
          requests: { limit: LIMIT, every: EVERY_MS },
          store: distance ? remote(store, clock, () => distance(layer, steps++)) : store,
          maxWait: '10m',
        },
        { clock: clock as never },
      );
      const worker = async (): Promise<void> => {
        while (clock.monotonic() < until) await stack.ask();
      };
      await Promise.all(Array.from({ length: 20 }, worker));
    }),
  );
  await run(work);
  return granted.filter((at) => at < until);
}

describe('four layers that share a store', () => {
  test.each([
    ['at hand', undefined],
    ['0 to 3 ms away', (_: number, step: number) => step % 4],
  ])('never go beyond the limit in any window, and use 98 of 100: a store %s', async (_, distance) => {
    const clock = fakeClock();
    const granted = await course(clock, 10, distance, async (work) => {
      await clock.advance('12s');
      return work;
    });
    const most = mostInAnyWindow(
      granted.map((at) => [at, 1]),
      EVERY_MS,
    );
    expect(most).toBeLessThanOrEqual(LIMIT);
    expect(granted.length / (10 * LIMIT)).toBeGreaterThanOrEqual(0.98);
  });
});
