import { fakeClock, seededRandom } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { answer, failing, stackOf, told, type Stack } from './retry.test-support.ts';
import type { RetryOptions } from './index.ts';

function asking(headers: Record<string, string>, options: RetryOptions = {}, random?: () => number): Stack {
  return stackOf([failing(429, null, headers), answer()], options, random ? { random } : {});
}

const httpDate = (ms: number): string => new Date(fakeClock().now() + ms).toUTCString();

const SHAPES: readonly (readonly [headers: Record<string, string>, asked: number])[] = [
  [{ 'retry-after-ms': '0' }, 0],
  [{ 'retry-after-ms': '1' }, 1],
  [{ 'retry-after-ms': '1234.5' }, 1234.5],
  [{ 'retry-after-ms': '20', 'retry-after': '1' }, 20],
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after': '1' }, 1000],
  [{ 'retry-after': '0.25' }, 250],
  [{ 'retry-after': '60' }, 60_000],
  [{ 'retry-after': '61' }, 61_000],
  [{ 'retry-after': '3600' }, 3_600_000],
  [{ 'retry-after': httpDate(90_000) }, 90_000],
  [{ 'retry-after': httpDate(-90_000) }, 0],
];

describe('a wait that the provider asks for', () => {
  test.each(SHAPES)('as %j is kept, and exceeded by little', async (headers, asked) => {
    for (const seed of [1, 2, 3]) {
      const source = seededRandom(seed);
      const stack = asking(headers, { maxRetryAfter: '1h', delay: () => 0 }, () => source.next());
      expect(told(await stack.ask())).toBe('200 hello back');
      const [waited = 0] = stack.clock.waits;
      expect(waited).toBeGreaterThanOrEqual(asked);
      expect(waited).toBeLessThanOrEqual(asked + Math.min(asked / 10, 1000));
    }
  });

  test('is spread, so that those who were sent away together do not return together', async () => {
    const waits = [0, 0.5, 0.999].map(async (random) => {
      const stack = asking({ 'retry-after': '2' }, { delay: () => 0 }, () => random);
      await stack.ask();
      return Math.round(stack.clock.waits[0] ?? 0);
    });
    expect(await Promise.all(waits)).toEqual([2000, 2100, 2200]);
  });

  test('gives way to a longer backoff', async () => {
    const stack = asking({ 'retry-after-ms': '100' }, { delay: () => 700 }, () => 0);
    await stack.ask();
    expect([...stack.clock.waits, stack.log[3]]).toEqual([700, 'wait 700 backoff']);
  });

  test('is obeyed on a 503 as on a 429', async () => {
    const stack = stackOf([failing(503, null, { 'retry-after': '7' }), answer()], {}, { random: () => 0 });
    await stack.ask();
    expect([...stack.clock.waits, stack.log[3]]).toEqual([7000, 'wait 7000 retry-after']);
  });

  test.each(['soon', '-5', '1e3', '', 'NaN'])('as %j is none', async (value) => {
    const stack = asking({ 'retry-after': value }, { delay: () => 50 });
    await stack.ask();
    expect(stack.clock.waits).toEqual([50]);
  });
});

describe('a wait above maxRetryAfter', () => {
  test('ends the call at once, and the error tells how long it is', async () => {
    const stack = asking({ 'retry-after': '61' });
    const { response, error, text } = await stack.ask();
    expect(error).toMatchObject({
      name: 'RetryError',
      code: 'retry_after_too_long',
      message:
        'The provider asks to wait 61000 ms, longer than maxRetryAfter (60000 ms); gave up after 1 attempt: 429 rate_limited (x)',
      retryAfterMs: 61_000,
      attempts: 1,
      waitedMs: 0,
    });
    expect([
      response.status,
      response.headers.get('retry-after'),
      response.headers.get('x-should-retry'),
    ]).toEqual([429, '61', 'false']);
    expect(JSON.parse(text)).toEqual(failing(429).body);
    expect([stack.handler.calls.length, stack.clock.waits]).toEqual([1, []]);
  });

  test('is measured exactly', async () => {
    const requests = ['10', '10.001'].map(async (seconds) => {
      const stack = asking({ 'retry-after': seconds }, { maxRetryAfter: '10s' });
      await stack.ask();
      return stack.handler.calls.length;
    });
    expect(await Promise.all(requests)).toEqual([2, 1]);
  });

  test('takes nothing from the budget', async () => {
    const script = [failing(429, null, { 'retry-after': '61' }), failing(429), answer()];
    const stack = stackOf(script, { budget: { capacity: 1, perMinute: 0 } });
    expect([told(await stack.ask()), told(await stack.ask())]).toEqual([
      '429 RetryError retry_after_too_long',
      '200 hello back',
    ]);
  });
});

test('with respectRetryAfter false only the backoff counts', async () => {
  const stack = asking({ 'retry-after': '3600' }, { respectRetryAfter: false, delay: () => 5 });
  await stack.ask();
  expect([...stack.clock.waits, stack.log[3]]).toEqual([5, 'wait 5 backoff']);
});
