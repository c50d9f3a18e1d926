import { setImmediate as turn } from 'node:timers/promises';
import { fakeClock, type ScriptedAnswer } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { memoryLimitStore } from './index.ts';
import { CHAT_URL, answer, chatInit, delta, errorOf, gate, stackOf } from './limit.test-support.ts';

test('as many calls are under way as may be, and the next goes when one ends', async () => {
  const gates = Array.from({ length: 4 }, () => gate());
  const stack = stackOf(
    gates.map((each) => each.answer),
    { concurrency: 2 },
  );
  const calls = gates.map(() => stack.ask());
  await stack.clock.advance('1s');
  expect(stack.sentAt).toEqual([0, 0]);
  gates[1]?.open();
  await stack.clock.advance('2s');
  expect(stack.sentAt).toEqual([0, 0, 1000]);
  for (const each of gates) each.open();
  expect(await Promise.all(calls)).toEqual(Array.from({ length: 4 }, () => '200 hello back'));
  expect(stack.log.filter((line) => line.startsWith('wait'))).toEqual([
    'wait 1000 concurrency',
    'wait 3000 concurrency',
  ]);
});

test('a call that has waited for as long as it may is refused, and nobody knows when there will be room', async () => {
  const stack = stackOf([() => new Promise<never>(() => {})], { concurrency: 1, maxWait: '2s' });
  void stack.ask();
  const second = stack.ask();
  await stack.clock.advance(1999);
  const third = stack.ask();
  await stack.clock.advance(1);
  expect(await second).toBe('429 rate_limit_exceeded concurrency in undefined ms behind 0');
  await stack.clock.advance('2s');
  expect(await third).toBe('429 rate_limit_exceeded concurrency in undefined ms behind 0');
});

const stream = (events: readonly object[], done = true) => ({ events, done });
const whole = [delta('hi'), delta('', 'stop')];

/** Reads a stream, and perhaps leaves it. */
async function read(response: Response, most = Infinity): Promise<void> {
  const reader = response.body?.getReader();
  for (let count = 0; count < most; count++) if ((await reader?.read())?.done !== false) return;
  await reader?.cancel();
}

interface Ending {
  readonly answers: ScriptedAnswer;
  readonly use?: (response: Response, controller: AbortController) => unknown;
}

const ENDINGS: Readonly<Record<string, Ending>> = {
  'a plain reply that completed': { answers: answer(), use: (response) => response.text() },
  'a stream that completed': { answers: stream(whole), use: (response) => read(response) },
  'a stream that was cut': {
    answers: stream([delta('hi')], false),
    use: (response) => errorOf(read(response)),
  },
  'a stream that its reader left': { answers: stream(whole), use: (response) => read(response, 1) },
  'a stream that was aborted': {
    answers: {
      events: (async function* () {
        yield delta('hi');
        await new Promise(() => {});
      })(),
    },
    use: async (response, controller) => {
      const reading = errorOf(read(response));
      await turn();
      controller.abort();
      await reading;
    },
  },
  'an error reply': { answers: { status: 500, body: { error: {} } }, use: (response) => response.text() },
  'a rate limit of the provider': {
    answers: { status: 429, body: { error: {} } },
    use: (response) => response.text(),
  },
  'a broken connection': { answers: new TypeError('fetch failed') },
};

describe.each(Object.entries(ENDINGS))('%s', (_, { answers, use }) => {
  test('frees its slot', async () => {
    const stack = stackOf([answers, answer()], { concurrency: 1, adaptive: false });
    const controller = new AbortController();
    const init = chatInit({ stream: true }, { signal: controller.signal });
    const response = await errorOf(stack.layer.fetch(CHAT_URL, init).then((got) => use?.(got, controller)));
    expect(response === undefined || response instanceof Error).toBe(true);
    const second = stack.ask();
    await stack.clock.advance(10);
    expect(await second).toBe('200 hello back');
    await stack.clock.advance(0);
    // Nothing is renewed any more.
    expect(stack.clock.pending).toBe(0);
  });
});

test('a reply that nobody reads frees its slot when it is garbage', async () => {
  const stack = stackOf([stream(whole), answer()], { concurrency: 1 });
  await stack.layer.fetch(CHAT_URL, chatInit({ stream: true }));
  const second = stack.ask();
  for (let round = 0; round < 100 && stack.sentAt.length < 2; round++) {
    globalThis.gc?.();
    await turn();
    await stack.clock.advance(50);
  }
  expect(await second).toBe('200 hello back');
});

test('the slots of a process that died come free when their leases lapse, those of a slow call do not', async () => {
  const clock = fakeClock();
  const store = memoryLimitStore(clock);
  const options = { concurrency: 2, store, lease: '30s', maxWait: '10m' } as const;
  const slow = gate();
  const died = stackOf([() => new Promise<never>(() => {}), slow.answer], options, { clock });
  const other = stackOf([answer(), answer()], options, { clock });
  void died.ask();
  await clock.advance(0);
  // A layer that is closed renews nothing, like a process that is gone.
  await died.layer.close();
  const alive = stackOf([slow.answer], options, { clock });
  const busy = alive.ask();
  await clock.advance('20s');
  const waits = other.ask();
  await clock.advance('9s');
  expect(other.sentAt).toEqual([]);
  await clock.advance('1s');
  expect([other.sentAt.length, await waits]).toEqual([1, '200 hello back']);
  const next = other.ask();
  const third = stackOf([() => new Promise<never>(() => {})], options, { clock });
  await next;
  void third.ask();
  await clock.advance('5m');
  // The slow call still holds its slot, and the third layer the other.
  const last = stackOf([answer()], { ...options, maxWait: 0 }, { clock });
  expect(await last.ask()).toBe('429 rate_limit_exceeded concurrency in undefined ms behind 0');
  slow.open();
  expect(await busy).toBe('200 hello back');
});
