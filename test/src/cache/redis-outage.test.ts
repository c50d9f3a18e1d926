import { setTimeout as sleep } from 'node:timers/promises';
import { CLOCK, provide } from '@interpose/core';
import { redis } from '@interpose/redis';
import { fakeClock } from '@interpose/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { redisServer } from '../../../packages/redis/src/redis-server.test-support.ts';
import { stackOf } from './asking.test-support.ts';
import { blackHole } from './black-hole.test-support.ts';

async function server() {
  const started = await redisServer();
  onTestFinished(() => started.stop());
  return started;
}

test('a Redis that never answers costs the first call 50 ms, the others nothing, and is used when it is back', async () => {
  const hole = await blackHole((await server()).port);
  const clock = fakeClock();
  const { ask, provider, log } = stackOf([redis({ url: hole.url }), provide(CLOCK, clock)]);

  let answered = false;
  const first = ask().finally(() => (answered = true));
  await clock.advance('49ms');
  expect([answered, provider.requests.length]).toEqual([false, 0]);
  await clock.advance('1ms');
  expect(await first).toBe('miss: Good morning');
  expect(log).toContain('fault cache open');

  // The clock stands still: whoever waited for it would wait for ever.
  for (let call = 0; call < 50; call++) expect(await ask()).toBe('miss: Good morning');
  // It is tried from time to time, for which nobody waits.
  for (let second = 0; second < 20; second++) {
    await clock.advance('1s');
    expect(await ask()).toBe('miss: Good morning');
  }
  expect(provider.requests).toHaveLength(71);
  const faults = log.filter((line) => line === 'fault cache open').length;
  // The first, and the trials after 1, 2, 4 and 8 s at most.
  expect(faults).toBeGreaterThan(2);
  expect(faults).toBeLessThanOrEqual(6);
  expect(hole.connections).toBeGreaterThan(1);

  hole.open();
  await vi.waitFor(
    async () => {
      await clock.advance('1s');
      expect(await ask()).toBe('hit: Good morning');
    },
    { timeout: 30_000 },
  );
}, 60_000);

test('a Redis that is killed and comes back fails no call', async () => {
  const redisAtWork = await server();
  const { ask, provider } = stackOf([redis({ url: redisAtWork.url })], { storeTimeout: '2s' });
  const prompts = Array.from({ length: 10 }, (_, index) => `prompt ${index}`);
  const askAll = (): Promise<string[]> => Promise.all(prompts.map(ask));
  expect(new Set(await askAll())).toEqual(new Set(['miss: Good morning']));
  await vi.waitFor(async () => {
    expect(new Set(await askAll())).toEqual(new Set(['hit: Good morning']));
  });

  const answers: string[] = [];
  const over = new AbortController();
  const callers = prompts.map(async (prompt) => {
    while (!over.signal.aborted) {
      answers.push(await ask(prompt));
      await sleep(5);
    }
  });
  await sleep(50);
  await redisAtWork.kill();
  const before = provider.requests.length;
  // It is missed until it is back.
  await vi.waitFor(() => expect(provider.requests.length).toBeGreaterThan(before), { timeout: 10_000 });
  await redisAtWork.restart();
  const asked = answers.length;
  await vi.waitFor(
    () => {
      const latest = answers.slice(Math.max(asked, answers.length - 2 * prompts.length));
      expect(latest.length).toBe(2 * prompts.length);
      expect(new Set(latest)).toEqual(new Set(['hit: Good morning']));
    },
    { timeout: 30_000 },
  );
  over.abort();
  await Promise.all(callers);
  expect(answers.filter((answer) => !answer.endsWith(': Good morning'))).toEqual([]);
}, 60_000);
