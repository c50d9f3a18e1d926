import { describe, expect, test } from 'vitest';
import {
  CHAT_URL,
  answer,
  chatInit,
  ended,
  failing,
  stackOf,
  told,
  type Stack,
} from './retry.test-support.ts';
import type { RetryOptions } from './index.ts';

const MINUTE = 60_000;

/** What a stretch of calls came to. */
interface Stretch {
  calls: number;
  requests: number;
  succeeded: number;
}

/** Makes `calls` calls, evenly spread over `ms` of fake time, and counts the requests of each minute. */
async function stretch(stack: Stack, calls: number, ms: number, log: Stretch[]): Promise<void> {
  const start = stack.clock.monotonic();
  const open: Promise<unknown>[] = [];
  const each = (minute: number): Stretch => (log[minute] ??= { calls: 0, requests: 0, succeeded: 0 });
  for (let call = 0; call < calls; call++) {
    const minute = Math.floor((stack.clock.monotonic() - start) / MINUTE);
    each(minute).calls++;
    const before = stack.handler.calls.length;
    const sent = stack.layer.fetch(CHAT_URL, chatInit());
    open.push(sent.then((response) => void (response.ok && each(minute).succeeded++)));
    await stack.clock.advance(ms / calls);
    each(minute).requests += stack.handler.calls.length - before;
  }
  await ended(Promise.all(open), stack.clock);
}

function provider(options: RetryOptions = {}): { stack: Stack; set: (state: 'up' | 'down') => void } {
  let state = 'down';
  const reply = (): object => (state === 'down' ? failing(503) : answer());
  const stack = stackOf(Array(30_000).fill(reply), options);
  return { stack, set: (next) => void (state = next) };
}

describe('in a total outage of 10,000 calls over two minutes', () => {
  test('retries fade out: at most 10 % of calls, at most 1 % in the second minute; then they come back', async () => {
    const { stack, set } = provider();
    const minutes: Stretch[] = [];
    await stretch(stack, 10_000, 2 * MINUTE, minutes);
    // Of the first minute's retries a hundred are the capacity, five the minute's; then there are only those.
    expect(minutes).toEqual([
      { calls: 5000, requests: 5104, succeeded: 0 },
      { calls: 5000, requests: 5005, succeeded: 0 },
    ]);

    set('up');
    const after: Stretch[] = [];
    await stretch(stack, 1000, MINUTE, after);
    expect(after).toEqual([{ calls: 1000, requests: 1000, succeeded: 1000 }]);

    // The thousand successes have earned the whole budget back.
    set('down');
    const asked = stack.handler.calls.length;
    await stretch(stack, 100, 1000, []);
    expect(stack.handler.calls.length - asked).toBe(200);
  });

  test('without a budget each call makes four requests', async () => {
    const { stack } = provider({ budget: false });
    await stretch(stack, 100, 1000, []);
    expect(stack.handler.calls.length).toBe(400);
  });
});

test('successes earn retries back', async () => {
  const script = [
    ...Array(4).fill(failing(503)),
    ...Array(20).fill(answer()),
    ...Array(9).fill(failing(503)),
  ];
  const stack = stackOf(script, { budget: { capacity: 3, perMinute: 0 }, delay: () => 1 });
  const lines: string[] = [];
  for (let call = 0; call < 23; call++) lines.push(told(await stack.ask()));
  expect(lines.join('\n').replaceAll(/(200 hello back\n)+/g, '200 ...\n')).toBe(
    [
      '503 RetryError retries_exhausted',
      '200 ...',
      // Twenty successes are two retries.
      '503 RetryError retry_budget_exhausted',
      '503 RetryError retry_budget_exhausted',
    ].join('\n'),
  );
});

test('an application of one call a minute has all its retries, hour after hour', async () => {
  const hour = Array.from({ length: 60 }, () => [failing(503), failing(503), answer()]).flat();
  const stack = stackOf(hour, { budget: { capacity: 5, perSuccess: 0 }, maxDelay: '1s' });
  const came = new Set<string>();
  for (let minute = 0; minute < 60; minute++) {
    came.add(told(await stack.ask()));
    await stack.clock.advance('1m');
  }
  expect([...came, stack.handler.calls.length]).toEqual(['200 hello back', 180]);
});

test('all calls of a layer share one budget; another layer has its own', async () => {
  const script = Array(100).fill(failing(503));
  const stack = stackOf(script, { budget: { capacity: 5, perMinute: 0 }, delay: () => 10 });
  await Promise.all(Array.from({ length: 20 }, () => stack.ask()));
  const other = stackOf(script, { budget: { capacity: 5, perMinute: 0 }, delay: () => 10 });
  await other.ask();
  expect([stack.handler.calls.length, other.handler.calls.length]).toEqual([25, 4]);
});
