import { TOKEN_COUNTER, provide, refusalOf, type Call } from '@interpose/core';
import { fakeClock } from '@interpose/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMIT_STORE, LimitExceededError, memoryLimitStore } from './index.ts';
import { CHAT_URL, answer, chatInit, stackOf, tagged, type Stack } from './limit.test-support.ts';

/** When calls that come at once are sent, in milliseconds. */
async function sentAt(stack: Stack, count: number, params: object = {}): Promise<readonly number[]> {
  const calls = Promise.all(Array.from({ length: count }, () => stack.ask(params)));
  await stack.clock.advance('10m');
  await calls;
  return stack.sentAt;
}

describe('requests', () => {
  test('are spread evenly', async () => {
    const stack = stackOf(4, { requests: { limit: 60, every: '1m' } });
    // One in 1016 ms, and what makes up for late timers is there at once: 600 ms.
    expect(await sentAt(stack, 4)).toEqual([0, 416, 1432, 2448]);
    expect(stack.log.filter((line) => line.startsWith('wait'))).toEqual([
      'wait 416 rate limit',
      'wait 1432 rate limit',
      'wait 2448 rate limit',
    ]);
  });

  test('go at once as far as the burst allows', async () => {
    const stack = stackOf(5, { requests: { limit: 10, every: '10s', burst: 3 } });
    expect(await sentAt(stack, 5)).toEqual([0, 0, 0, 1250, 2500]);
  });

  test('come in the order in which they came, whatever they need', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 2, maxLength: 12 }),
        async (limits) => {
          const options = {
            requests: { limit: 20, every: '1s' },
            tokens: { limit: 1000, every: '1s' },
            concurrency: 2,
            maxWait: '1h',
          } as const;
          const stack = stackOf(limits.length, options);
          const calls = Promise.all(
            limits.map((max, user) => stack.ask({ max_tokens: max, user: `${user}` })),
          );
          await stack.clock.advance('1h');
          await calls;
          expect(stack.handler.calls.map(({ params }) => params['user'])).toEqual(
            limits.map((_, user) => `${user}`),
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  test('are limited for all processes that share a store', async () => {
    const clock = fakeClock();
    const store = memoryLimitStore(clock);
    const options = { requests: { limit: 10, every: '1s', burst: 1 } } as const;
    const stacks = [
      stackOf(50, { ...options, store }, { clock }),
      stackOf(50, options, { clock, outside: [provide(LIMIT_STORE, store)] }),
    ];
    const calls = stacks.flatMap((stack) => Array.from({ length: 50 }, () => stack.ask()));
    await clock.advance('1s');
    expect(stacks.reduce((sum, stack) => sum + stack.sentAt.length, 0)).toBe(11);
    await clock.advance('1m');
    await Promise.all(calls);
  });
});

describe('a key', () => {
  const options = { requests: { limit: 1, every: '1s', burst: 1 } } as const;

  test.each(['tenant', 'user', 'endpoint', 'team'])('has limits of its own, by %s', async (per) => {
    const stack = stackOf(5, { ...options, per });
    const calls = Promise.all([
      stack.ask({}, tagged({ [per]: 'a' })),
      stack.ask({}, tagged({ [per]: 'b' })),
      stack.ask({}, tagged({ [per]: 'a' })),
      stack.ask(),
      stack.ask({}, tagged({ another: 'tag' })),
    ]);
    await stack.clock.advance('1m');
    await calls;
    expect(stack.sentAt).toEqual([0, 0, 0, 1000, 1000]);
  });

  test('is a model, where limits are per model', async () => {
    const stack = stackOf(3, { ...options, per: 'model' });
    const calls = Promise.all([
      stack.ask({ model: 'a' }),
      stack.ask({ model: 'b' }),
      stack.ask({ model: 'a' }),
    ]);
    await stack.clock.advance('1m');
    await calls;
    expect(stack.sentAt).toEqual([0, 0, 1000]);
  });
});

describe('tokens', () => {
  const options = { tokens: { limit: 1000, every: '10s', burst: 101 } } as const;
  // 900 a window: 1 token in 11.1 ms.

  test('are reserved by the length of the body and the limit of the answer, and corrected afterwards', async () => {
    const stack = stackOf([answer(100), answer(50), answer()], { ...options, adaptive: false });
    const calls = Promise.all([1, 2, 3].map(() => stack.ask({ max_tokens: 70 })));
    await stack.clock.advance('1m');
    expect(await calls).toEqual(Array.from({ length: 3 }, () => '200 hello back'));
    // 92 were reserved: 22 for 87 characters, and 70. The first used 100, so the second waits for 100 + 92 - 101 tokens.
    // It used 50, so the third waits for 100 + 50 + 92 - 101.
    expect(stack.sentAt).toEqual([0, 1012, 1567]);
  });

  test('are counted by a counter, where there is one, also one that takes its time', async () => {
    const outside = [
      provide(TOKEN_COUNTER, { input: async (call: Call) => Number(call.params['seed']), text: () => 0 }),
    ];
    const stack = stackOf([answer(90), answer(90), answer(90)], options, { outside });
    expect(await sentAt(stack, 3, { seed: 90 })).toEqual([0, 878, 1878]);
  });

  test('of a call that was refused by the provider are given back', async () => {
    const stack = stackOf([{ status: 500, body: {} }, answer(1)], options);
    expect(await stack.ask({ max_tokens: 900 })).toBe('500');
    expect(await stack.ask({ max_tokens: 30 })).toBe('200 hello back');
    expect(stack.sentAt).toEqual([0, 0]);
  });

  test('that are more than the whole limit are refused', async () => {
    const stack = stackOf(1, options);
    expect(await stack.ask({ max_tokens: 1001 })).toBe(
      '429 rate_limit_exceeded tokens in undefined ms behind 0',
    );
  });

  test('of a stream are what it says that it used', async () => {
    const events = [
      { choices: [{ index: 0, delta: { content: 'hi' }, finish_reason: 'stop' }] },
      { choices: [], usage: { prompt_tokens: 80, completion_tokens: 10, total_tokens: 90 } },
    ];
    const stack = stackOf([{ events, done: true }, answer(1)], options);
    expect(await stack.ask({ stream: true })).toBe('200 hi');
    const second = stack.ask({ max_tokens: 70 });
    await stack.clock.advance('1m');
    await second;
    expect(stack.sentAt).toEqual([0, 901]);
  });
});

describe('a call that would wait for too long', () => {
  const options = { requests: { limit: 1, every: '10s', burst: 1 }, maxWait: '25s' } as const;

  test('is refused at once, wherever it stands', async () => {
    const stack = stackOf(4, options);
    const calls = [1, 2, 3, 4].map(() => stack.ask());
    await stack.clock.advance(0);
    expect(await calls[3]).toBe('429 rate_limit_exceeded requests in 30000 ms behind 3');
    expect(stack.sentAt).toEqual([0]);
    await stack.clock.advance('1m');
    expect(await Promise.all(calls.slice(0, 3))).toEqual(Array.from({ length: 3 }, () => '200 hello back'));
    expect(stack.sentAt).toEqual([0, 10_000, 20_000]);
  });

  test('gets an error that says why, and nothing of what it was to ask', async () => {
    const stack = stackOf(1, { ...options, maxWait: 0 });
    await stack.ask();
    const response = await stack.layer.fetch(CHAT_URL, chatInit({ user: 'secret' }));
    const error = refusalOf(response.headers);
    expect(error).toBeInstanceOf(LimitExceededError);
    expect(Object.assign({}, error, { message: error?.message })).toEqual({
      name: 'LimitExceededError',
      code: 'rate_limit_exceeded',
      status: 429,
      limit: 'requests',
      retryAfterMs: 10_000,
      queueLength: 0,
      message:
        'The limit of requests is reached: the call was not sent. There is room for it in 10000 ms, with 0 before it.',
    });
    expect(stack.log.at(-1)).toBe('refusal rate_limit_exceeded');
  });

  test('is refused when the queue is full', async () => {
    const stack = stackOf(10, { ...options, maxWait: '1h', maxQueue: 2 });
    const calls = [1, 2, 3, 4, 5].map(() => stack.ask());
    await stack.clock.advance(0);
    const late = stack.ask();
    await stack.clock.advance('1m');
    expect(await Promise.all([...calls, late])).toEqual([
      '200 hello back',
      '200 hello back',
      '200 hello back',
      '429 rate_limit_exceeded queue in undefined ms behind 2',
      '429 rate_limit_exceeded queue in undefined ms behind 2',
      '429 rate_limit_exceeded queue in undefined ms behind 2',
    ]);
  });

  test('does not wait at all, where none may', async () => {
    const stack = stackOf(10, { ...options, maxQueue: 0 });
    expect(await Promise.all([stack.ask(), stack.ask()])).toEqual([
      '200 hello back',
      '429 rate_limit_exceeded queue in undefined ms behind 0',
    ]);
  });
});
