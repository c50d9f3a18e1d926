import { deadline, type Plugin } from '@interpose/core';
import { describe, expect, test } from 'vitest';
import { gate, stackOf } from './limit.test-support.ts';

/** Bounds the calls of user `late` in time, by the fake clock that starts at 0. */
const until = (at: number): Plugin => ({
  name: 'until',
  create: () => (next) => (call) =>
    next(call.params['user'] === 'late' ? call.with({ context: [[deadline, at]] }) : call),
});

describe('a deadline', () => {
  const options = { requests: { limit: 1, every: '10s', burst: 1 }, maxWait: '1h' } as const;

  test('refuses a call at once that would have to wait beyond it, wherever it stands', async () => {
    for (const before of [1, 2]) {
      const stack = stackOf(5, options, { outside: [until(9000)] });
      const calls = Array.from({ length: before }, () => stack.ask());
      await stack.clock.advance(0);
      const late = stack.ask({ user: 'late' });
      await stack.clock.advance(0);
      expect(await late).toBe(
        `429 rate_limit_exceeded requests in ${before * 10_000} ms behind ${before - 1}`,
      );
      await stack.clock.advance('1m');
      expect(await Promise.all(calls)).toEqual(calls.map(() => '200 hello back'));
    }
  });

  test('lets a call wait that there is room for before it', async () => {
    const stack = stackOf(2, options, { outside: [until(10_001)] });
    const calls = [stack.ask(), stack.ask({ user: 'late' })];
    await stack.clock.advance('1m');
    expect([await Promise.all(calls), stack.sentAt]).toEqual([
      ['200 hello back', '200 hello back'],
      [0, 10_000],
    ]);
  });

  test('ends a wait of which nobody knows how long it will be', async () => {
    const held = gate();
    const stack = stackOf([held.answer], { concurrency: 1, maxWait: '1h' }, { outside: [until(5000)] });
    const first = stack.ask();
    await stack.clock.advance(0);
    const late = stack.ask({ user: 'late' }).then((told) => `${told} at ${stack.clock.monotonic()}`);
    await stack.clock.advance('1m');
    expect(await late).toBe('429 rate_limit_exceeded concurrency in undefined ms behind 0 at 5000');
    held.open();
    expect(await first).toBe('200 hello back');
  });
});
