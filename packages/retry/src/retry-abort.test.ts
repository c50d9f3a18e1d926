import { getEventListeners } from 'node:events';
import { Reply, type Call, type Interceptor } from '@interpose/core';
import { fakeClock } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import {
  CHAT_URL,
  answer,
  chatInit,
  delta,
  errorOf,
  failing,
  stackOf,
  type Stack,
} from './retry.test-support.ts';
import type { ScriptedAnswer } from '@interpose/testing';
import type { RetryOptions } from './index.ts';

const reason = new DOMException('the user left', 'AbortError');

/** Starts a call, lets it go on for `ms`, aborts it, and returns what is left of it. */
async function aborted(
  answers: readonly ScriptedAnswer[],
  ms: number,
  options: RetryOptions = { delay: () => 100 },
): Promise<{ stack: Stack; error: unknown; left: unknown }> {
  const controller = new AbortController();
  const stack = stackOf(answers, options);
  const { signal } = controller;
  const call = errorOf(stack.layer.fetch(CHAT_URL, chatInit({ stream: true }, { signal })));
  await stack.clock.advance(ms);
  controller.abort(reason);
  const error = await call;
  await stack.clock.advance('1h');
  const left = { listeners: getEventListeners(signal, 'abort').length, sleeping: stack.clock.pending };
  return { stack, error, left };
}

const NOTHING = { listeners: 0, sleeping: 0 };
const never = (): Promise<never> => new Promise(() => {});

/** A stream that opens, and then stands still. */
const opening = {
  events: (async function* () {
    yield { choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] };
    await never();
  })(),
};

describe('an abort', () => {
  test('before the call sends nothing', async () => {
    const { stack, error, left } = await aborted([answer()], 0, {});
    // The call was made before; this one comes with a signal that has aborted already.
    expect(error).toBeUndefined();
    const signal = AbortSignal.abort(reason);
    expect(await errorOf(stack.layer.fetch(CHAT_URL, chatInit({}, { signal })))).toBe(reason);
    expect([stack.handler.calls.length, left]).toEqual([1, { listeners: 0, sleeping: 0 }]);
  });

  test('during the first attempt ends it', async () => {
    const { stack, error, left } = await aborted([never, answer()], 50);
    expect([error, left]).toEqual([reason, NOTHING]);
    expect(stack.log).toEqual(['start', 'attempt 1', 'attempt-failed 1 aborted']);
  });

  test('after the headers and before the first content ends it', async () => {
    const { stack, error, left } = await aborted([opening, answer()], 50);
    expect([error, left]).toEqual([reason, NOTHING]);
    expect(stack.log.slice(0, 3)).toEqual(['start', 'attempt 1', 'attempt-failed 1 aborted']);
    expect(stack.handler.calls.length).toBe(1);
  });

  test('during the wait ends it', async () => {
    const { stack, error, left } = await aborted([failing(503), answer()], 50);
    expect([error, left]).toEqual([reason, NOTHING]);
    expect(stack.log).toEqual([
      'start',
      'attempt 1',
      'attempt-failed 1 overloaded retrying',
      'wait 100 backoff',
    ]);
  });

  test('during a later attempt ends that', async () => {
    const { stack, error, left } = await aborted([failing(503), never, answer()], 150);
    expect([error, left]).toEqual([reason, NOTHING]);
    expect(stack.log.slice(4)).toEqual(['attempt 2', 'attempt-failed 2 aborted']);
  });

  test('from within onRetry ends the call before it waits', async () => {
    const controller = new AbortController();
    const stack = stackOf([failing(503), answer()], { onRetry: () => controller.abort(reason) });
    const call = errorOf(stack.ask({}, { signal: controller.signal }));
    expect([await call, stack.handler.calls.length, stack.clock.pending]).toEqual([reason, 1, 0]);
  });

  test('between a failure and the wait takes no retry from the budget, and calls nobody', async () => {
    const controller = new AbortController();
    const log: string[] = [];
    const options: RetryOptions = {
      budget: { capacity: 1, perMinute: 0, perSuccess: 0 },
      shouldRetry: ({ failure }) => (log.push('asked'), failure.transient),
      onRetry: () => void log.push('told'),
    };
    const leave: Interceptor = (next) => async (call) => {
      const reply = await next(call);
      if (call.signal === controller.signal) controller.abort(reason);
      return reply;
    };
    const script = [failing(503), failing(503), answer()];
    const stack = stackOf(script, options, { inside: [leave] });
    expect(await errorOf(stack.ask({}, { signal: controller.signal }))).toBe(reason);
    expect(log).toEqual([]);
    expect((await stack.ask()).response.status).toBe(200);
    expect(log).toEqual(['asked', 'told']);
  });

  test('gives back the connection of a reply that nobody will read', async () => {
    const controller = new AbortController();
    const log: unknown[] = [];
    // A transport that does not look at the signal any more once it has answered.
    const open = (call: Call): Reply => {
      controller.abort(reason);
      const body = new ReadableStream({
        start: (stream) => stream.enqueue(Buffer.from('data: {"error":{"type":"server_error"}}\n\n')),
        cancel: (why) => void log.push(why),
      });
      return new Reply(call, new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
    };
    const inside = [{ name: 'transport', create: () => () => async (call: Call) => open(call) }];
    const stack = stackOf([], {}, { inside });
    expect(await errorOf(stack.ask({ stream: true }, { signal: controller.signal }))).toBe(reason);
    expect(log).toEqual([reason]);
  });

  test('while the answer is read leaves the answer cut, and makes no further attempt', async () => {
    const controller = new AbortController();
    const events = (async function* () {
      yield delta('so far');
      await never();
    })();
    const stack = stackOf([{ events }, answer()]);
    const { signal } = controller;
    const response = await stack.layer.fetch(CHAT_URL, chatInit({ stream: true }, { signal }));
    const reader = response.body?.getReader();
    await reader?.read();
    const next = errorOf(Promise.resolve(reader?.read()));
    controller.abort(reason);
    expect([await next, stack.handler.calls.length]).toEqual([reason, 1]);
  });
});

test('ten thousand calls on one signal leave no listener and nobody asleep', async () => {
  const { signal } = new AbortController();
  const script = Array.from({ length: 30_000 }, (_, index) =>
    index % 3 === 2 ? answer() : failing(index % 2 === 0 ? 503 : 429),
  );
  const stack = stackOf(script, { budget: false, delay: () => 1 }, { clock: fakeClock() });
  for (let batch = 0; batch < 100; batch++) {
    await Promise.all(Array.from({ length: 100 }, () => stack.ask({}, { signal })));
  }
  expect([
    stack.handler.calls.length >= 10_000,
    getEventListeners(signal, 'abort').length,
    stack.clock.pending,
  ]).toEqual([true, 0, 0]);
});
