import type { Interceptor, Reply } from '@interpose/core';
import { describe, expect, test } from 'vitest';
import {
  CHAT_URL,
  answer,
  chatInit,
  ended,
  errorOf,
  failing,
  networkError,
  stackOf,
  told,
} from './retry.test-support.ts';

const half = (): number => 0.5;

describe('the course of a call', () => {
  test('that succeeds at the third attempt', async () => {
    const stack = stackOf([failing(503), networkError(), answer()], {}, { random: half });
    expect(told(await stack.ask())).toBe('200 hello back');
    expect(stack.log).toEqual([
      'start',
      'attempt 1',
      'attempt-failed 1 overloaded retrying',
      'wait 250 backoff',
      'attempt 2',
      'attempt-failed 2 network retrying',
      'wait 500 backoff',
      'attempt 3',
      'settle completed',
    ]);
    expect(stack.clock.waits).toEqual([250, 500]);
  });

  test('that never succeeds', async () => {
    const stack = stackOf(Array(9).fill(failing(500)), { maxAttempts: 3 }, { random: half });
    expect(told(await stack.ask())).toBe('500 RetryError retries_exhausted');
    expect(stack.log).toEqual([
      'start',
      'attempt 1',
      'attempt-failed 1 server retrying',
      'wait 250 backoff',
      'attempt 2',
      'attempt-failed 2 server retrying',
      'wait 500 backoff',
      'attempt 3',
      'attempt-failed 3 server',
      'refusal retries_exhausted',
    ]);
  });

  test('that fails for good', async () => {
    const stack = stackOf([failing(503), failing(401)], {}, { random: half });
    expect(told(await stack.ask())).toMatch(/^401 /);
    expect(stack.log).toEqual([
      'start',
      'attempt 1',
      'attempt-failed 1 overloaded retrying',
      'wait 250 backoff',
      'attempt 2',
      'attempt-failed 2 authentication',
      'settle failed',
    ]);
  });
});

describe('each attempt', () => {
  const sent = (stack: ReturnType<typeof stackOf>, header: string): (string | null)[] =>
    stack.handler.calls.map((call) => new Headers(call.request()[1].headers).get(header));
  const script = [failing(503), failing(503), answer()];

  test('carries the same idempotency key, another one for each call', async () => {
    const stack = stackOf([...script, ...script]);
    await stack.ask();
    await stack.ask();
    const keys = sent(stack, 'idempotency-key');
    expect(keys).toEqual(Array(6).fill(expect.stringMatching(/^call_[0-9a-z]+-\d+$/)));
    expect(keys.map((key) => keys.indexOf(key))).toEqual([0, 0, 0, 3, 3, 3]);
  });

  test("carries the caller's own key where there is one", async () => {
    const stack = stackOf(script);
    await stack.ask({}, { headers: { 'Idempotency-Key': 'mine' } });
    expect(sent(stack, 'idempotency-key')).toEqual(['mine', 'mine', 'mine']);
  });

  test('counts up in x-stainless-retry-count and in the call', async () => {
    const stack = stackOf(script);
    await stack.ask({}, { headers: { 'x-stainless-retry-count': '0' } });
    expect(sent(stack, 'x-stainless-retry-count')).toEqual(['0', '1', '2']);
    expect(stack.handler.calls.map((call) => call.attempt)).toEqual([1, 2, 3]);
  });

  test('goes on counting where an attempt was made before', async () => {
    const stack = stackOf(script);
    await stack.ask({}, { headers: { 'x-stainless-retry-count': '4' } });
    expect(sent(stack, 'x-stainless-retry-count')).toEqual(['4', '5', '6']);
  });

  test('sends the same body', async () => {
    const stack = stackOf(script);
    await stack.ask({ seed: 7 });
    expect(new Set(stack.handler.calls.map((call) => call.request()[1].body)).size).toBe(1);
  });
});

test('a unit further out may send a call through many times, each time with a key of its own', async () => {
  const twice: Interceptor = (next) => async (call) => {
    await (await next(call)).cancel();
    return next(call.with({ params: { ...call.params, seed: 1 } }));
  };
  const stack = stackOf([failing(503), answer(), failing(503), answer()], {}, { outside: [twice] });
  await stack.ask();
  const keys = stack.handler.calls.map((call) => call.headers.get('idempotency-key'));
  expect(keys.map((key) => keys.indexOf(key))).toEqual([0, 0, 2, 2]);
  expect(stack.handler.calls.map((call) => call.attempt)).toEqual([1, 2, 1, 2]);
});

test('calls at the same time do not get in the way of each other', async () => {
  const reply = (call: { params: object; attempt: number }): object => {
    const { seed } = call.params as { seed: number };
    return call.attempt <= seed % 4 ? failing(503) : answer(`answer ${seed}`);
  };
  const stack = stackOf(Array(300).fill(reply), { budget: false });
  const asked = Array.from({ length: 100 }, (_, seed) => stack.ask({ seed }).then(told));
  expect(await Promise.all(asked)).toEqual(Array.from({ length: 100 }, (_, seed) => `200 answer ${seed}`));
  expect(stack.handler.calls.length).toBe(100 + 25 * (1 + 2 + 3));
});

describe('replies of failed attempts', () => {
  test('are given up, and only those', async () => {
    const log: string[] = [];
    const watch: Interceptor = (next) => async (call) => {
      const reply: Reply = await next(call);
      void reply.outcome.then(({ status }) => log.push(`${call.attempt} ${status}`));
      return reply;
    };
    const open = { events: [{ error: { type: 'server_error' } }, { choices: [] }] };
    const stack = stackOf([open, failing(503), open, answer()], {}, { inside: [watch] });
    await stack.ask();
    expect(log).toEqual(['1 failed', '2 failed', '3 failed', '4 completed']);
  });

  const upstreamOf = (stopped: unknown[]): { events: AsyncIterable<object> } => ({
    events: (async function* () {
      try {
        yield { error: { message: 'x', type: 'server_error' } };
        yield { choices: [] };
      } finally {
        stopped.push('stopped');
      }
    })(),
  });

  test('give their connection back before the next attempt', async () => {
    const stopped: unknown[] = [];
    const stack = stackOf([upstreamOf(stopped), () => (stopped.push('second'), answer())]);
    await stack.ask({ stream: true });
    expect(stopped).toEqual(['stopped', 'second']);
  });

  test('give it back when no attempt follows', async () => {
    const stopped: unknown[] = [];
    const stack = stackOf([upstreamOf(stopped), upstreamOf(stopped)], { maxAttempts: 2 });
    expect(told(await stack.ask({ stream: true }))).toBe('500 RetryError retries_exhausted');
    expect(stopped).toEqual(['stopped', 'stopped']);
  });

  test("give it back when the user's function throws", async () => {
    const stopped: unknown[] = [];
    const shouldRetry = (): never => {
      throw new Error('oops');
    };
    const stack = stackOf([upstreamOf(stopped)], { shouldRetry });
    await stack.ask({ stream: true });
    expect(stopped).toEqual(['stopped']);
  });
});

test('a retry that is not the last to fail does not wait again after the answer', async () => {
  const stack = stackOf([failing(503), answer()]);
  await stack.ask();
  expect([stack.clock.waits.length, stack.clock.pending]).toEqual([1, 0]);
});

test('a call that nobody retries leaves errors of others as they are for units further out', async () => {
  const thrown = new TypeError('a bug of somebody');
  const seen: unknown[] = [];
  const look: Interceptor = (next) => async (call) => {
    try {
      return await next(call);
    } catch (error) {
      seen.push(error);
      throw error;
    }
  };
  const stack = stackOf([thrown], { shouldRetry: () => false }, { outside: [look] });
  await errorOf(ended(stack.layer.fetch(CHAT_URL, chatInit()), stack.clock));
  expect(seen).toEqual([thrown]);
  expect(seen[0]).toBe(thrown);
});
