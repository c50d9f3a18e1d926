import { deadline, type Plugin } from '@interpose/core';
import { describe, expect, test } from 'vitest';
import { answer, failing, stackOf, told } from './retry.test-support.ts';

/** Bounds a call in time, by the fake clock that starts at 0. */
const until = (at: number): Plugin => ({
  name: 'until',
  create: () => (next) => (call) => next(call.with({ context: [[deadline, at]] })),
});

describe('a deadline', () => {
  test('ends the call at once where a backoff would reach beyond it', async () => {
    const script = [failing(503), failing(503), failing(503), answer()];
    const stack = stackOf(script, { delay: () => 400 }, { outside: [until(1000)] });
    const { error, text } = await stack.ask();
    expect(error).toMatchObject({
      name: 'RetryError',
      code: 'no_time_left',
      status: 503,
      message:
        'The deadline of the call comes before another attempt could begin; gave up after 3 attempts: 503 overloaded (x)',
      attempts: 3,
      waitedMs: 800,
    });
    expect(JSON.parse(text)).toEqual(failing(503).body);
    expect(stack.clock.waits).toEqual([400, 400]);
  });

  test('is too near for an attempt that could begin only when it comes', async () => {
    const outcomes = [999, 1000].map(async (wait) => {
      const stack = stackOf([failing(503), answer()], { delay: () => wait }, { outside: [until(1000)] });
      return told(await stack.ask());
    });
    expect(await Promise.all(outcomes)).toEqual(['200 hello back', '503 RetryError no_time_left']);
  });

  test('counts for a wait that the provider asks for', async () => {
    const script = [failing(429, null, { 'retry-after': '5' }), answer()];
    const stack = stackOf(script, {}, { outside: [until(5000)] });
    expect([told(await stack.ask()), stack.clock.waits]).toEqual(['429 RetryError no_time_left', []]);
  });

  test('takes nothing from the budget of what it does not let be sent', async () => {
    let at = 0;
    const outside: Plugin = {
      name: 'until',
      create: () => (next) => (call) => next(call.with({ context: [[deadline, at]] })),
    };
    const script = [failing(503), failing(503), answer()];
    const options = { delay: () => 0, budget: { capacity: 1, perMinute: 0 } };
    const stack = stackOf(script, options, { outside: [outside] });
    const first = told(await stack.ask());
    at = 1000;
    expect([first, told(await stack.ask())]).toEqual(['503 RetryError no_time_left', '200 hello back']);
  });

  test('changes nothing for a failure that passes as it is', async () => {
    const stack = stackOf([failing(400)], {}, { outside: [until(0)] });
    expect((await stack.ask()).response.status).toBe(400);
  });
});
