import { getEventListeners } from 'node:events';
import { TOKEN_COUNTER, provide, systemClock, type Clock } from '@interpose/core';
import { describe, expect, test } from 'vitest';
import { memoryLimitStore, type LimitStore } from './index.ts';
import { CHAT_URL, answer, chatInit, errorOf, stackOf } from './limit.test-support.ts';

const reason = new DOMException('the user left', 'AbortError');

describe('an abort', () => {
  test('in the queue ends the wait at once, and the others move up', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const stack = stackOf(3, { requests: { limit: 1, every: '10s', burst: 1 } });
    const first = stack.ask();
    const left = errorOf(stack.layer.fetch(CHAT_URL, chatInit({}, { signal })));
    const third = stack.ask();
    await stack.clock.advance('4s');
    controller.abort(reason);
    expect(await left).toBe(reason);
    await stack.clock.advance('6s');
    expect(await Promise.all([first, third])).toEqual(['200 hello back', '200 hello back']);
    expect([stack.sentAt, getEventListeners(signal, 'abort').length, stack.clock.pending]).toEqual([
      [0, 10_000],
      0,
      0,
    ]);
    expect(stack.log.filter((line) => line.startsWith('wait'))).toEqual([
      'wait 4000 rate limit',
      'wait 10000 rate limit',
    ]);
  });

  test('does not wait for a counter that takes its time', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const never = { input: () => new Promise<number>(() => {}), text: () => 0 };
    const tokens = { limit: 10, every: '1s' } as const;
    const stack = stackOf(1, { tokens }, { inside: [provide(TOKEN_COUNTER, never)] });
    const left = errorOf(stack.layer.fetch(CHAT_URL, chatInit({}, { signal })));
    controller.abort(reason);
    expect(await left).toBe(reason);
    expect([stack.sentAt, getEventListeners(signal, 'abort').length]).toEqual([[], 0]);
  });

  test('leaves the queue within 10 ms by the clock of the machine', async () => {
    const stack = stackOf(
      [() => new Promise<never>(() => {})],
      { concurrency: 1 },
      { clock: systemClock as never },
    );
    const busy = new AbortController();
    const first = errorOf(stack.ask({}, { signal: busy.signal }));
    const tookMs: number[] = [];
    // The best of five: the machine has other things to do.
    for (let round = 0; round < 5; round++) {
      const controller = new AbortController();
      const waits = errorOf(stack.layer.fetch(CHAT_URL, chatInit({}, { signal: controller.signal })));
      await systemClock.sleep(20);
      const from = systemClock.monotonic();
      controller.abort(reason);
      expect(await waits).toBe(reason);
      tookMs.push(systemClock.monotonic() - from);
    }
    expect(Math.min(...tookMs)).toBeLessThan(10);
    busy.abort(reason);
    expect(await first).toBe(reason);
  });

  test('before the call takes nothing', async () => {
    const stack = stackOf(1, { requests: { limit: 1, every: '10s', burst: 1 } });
    expect(await errorOf(stack.ask({}, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(await stack.ask()).toBe('200 hello back');
    expect(stack.sentAt).toEqual([0]);
  });

  test('while the store is asked gives back what was taken', async () => {
    const controller = new AbortController();
    const stack = stackOf(1, {
      requests: { limit: 1, every: '10s', burst: 1 },
      concurrency: 1,
      store: slow(100),
    });
    const left = errorOf(stack.ask({}, { signal: controller.signal }));
    await stack.clock.advance(50);
    controller.abort(reason);
    expect(await left).toBe(reason);
    const next = stack.ask();
    await stack.clock.advance(400);
    expect(await next).toBe('200 hello back');

    function slow(ms: number): LimitStore {
      let memory: LimitStore | undefined;
      const clock: Clock = {
        now: () => stack.clock.now(),
        monotonic: () => stack.clock.monotonic(),
        sleep: async () => {},
      };
      return {
        async take(request) {
          const taken = await (memory ??= memoryLimitStore(clock)).take(request);
          await stack.clock.sleep(ms);
          return taken;
        },
        settle: async (settlement) => memory?.settle(settlement),
        renew: async () => {},
      };
    }
  });

  test('of a call that is under way frees its slot', async () => {
    const controller = new AbortController();
    const stack = stackOf([() => new Promise<never>(() => {}), answer()], { concurrency: 1 });
    const left = errorOf(stack.ask({}, { signal: controller.signal }));
    await stack.clock.advance(0);
    const next = stack.ask();
    await stack.clock.advance(20);
    controller.abort(reason);
    expect([await left, await next]).toEqual([reason, '200 hello back']);
    expect(stack.sentAt).toEqual([0, 20]);
  });
});

test('ten thousand calls on one signal leave no listener and nobody asleep', async () => {
  const { signal } = new AbortController();
  const stack = stackOf(10_000, {
    requests: { limit: 1000, every: '1s' },
    tokens: { limit: 100_000, every: '1s' },
    concurrency: 50,
  });
  for (let batch = 0; batch < 20; batch++) {
    const calls = Promise.all(Array.from({ length: 500 }, () => stack.ask({}, { signal })));
    await stack.clock.advance('1s');
    await calls;
  }
  await stack.clock.advance(0);
  expect([
    stack.handler.calls.length,
    getEventListeners(signal, 'abort').length,
    stack.clock.pending,
  ]).toEqual([10_000, 0, 0]);
});
