import { describe, expect, test } from 'vitest';
import { answer, failing, stackOf } from './retry.test-support.ts';
import type { DelayArgs } from './index.ts';

const half = (): number => 0.5;

describe('delay', () => {
  const waitsOf = async (delay: (args: DelayArgs) => number): Promise<readonly number[]> => {
    const stack = stackOf(
      [failing(500), failing(500), answer()],
      { delay, maxDelay: '3s' },
      { random: half },
    );
    await stack.ask();
    return stack.clock.waits;
  };

  test('is told what happened so far', async () => {
    const seen: unknown[] = [];
    await waitsOf(({ call, failure, random, ...rest }) => {
      seen.push({ ...rest, call: call.operation.name, failure: failure.kind, random: random() });
      return 40;
    });
    const common = { maxMs: 3000, call: 'chat', failure: 'server', random: 0.5 };
    expect(seen).toEqual([
      { failures: 1, previousMs: 0, ...common },
      { failures: 2, previousMs: 40, ...common },
    ]);
  });

  test.each([
    [12.5, 12.5],
    [0, 0],
    [-5, 0],
    [-Infinity, 0],
    [1e9, 3000],
    [Infinity, 3000],
    // A mistake must not hammer the provider.
    [Number.NaN, 3000],
    [undefined as never, 3000],
    [Promise.resolve(5) as never, 3000],
  ])('that answers %s waits %d ms', async (chosen, expected) => {
    expect(await waitsOf(() => chosen)).toEqual([expected, expected]);
  });

  test('that throws ends the call', async () => {
    const stack = stackOf([failing(500)], {
      delay: () => {
        throw new Error('oops');
      },
    });
    expect((await stack.ask()).error).toMatchObject({ cause: { message: 'oops' } });
  });
});

describe('onRetry', () => {
  test('is called before each wait, with what failed and how long it will be', async () => {
    const seen: unknown[] = [];
    const stack = stackOf(
      Array(3).fill(failing(429, null, { 'retry-after-ms': '10' })),
      {
        maxAttempts: 3,
        delay: () => 0,
        onRetry: ({ call, failure, attempt, waitMs }) =>
          void seen.push([call.operation.name, failure.message, attempt, waitMs, stack.clock.waits.length]),
      },
      { random: () => 0 },
    );
    await stack.ask();
    expect(seen).toEqual([
      ['chat', '429 rate_limited (x)', 1, 10, 0],
      ['chat', '429 rate_limited (x)', 2, 10, 1],
    ]);
  });

  test('that throws ends the call, before the wait', async () => {
    const thrown = new Error('enough');
    const onRetry = (): never => {
      throw thrown;
    };
    const stack = stackOf([failing(503), answer()], { onRetry });
    const { error } = await stack.ask();
    expect([error?.cause, stack.handler.calls.length, stack.clock.waits]).toEqual([thrown, 1, []]);
  });
});
