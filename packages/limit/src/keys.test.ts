import { fakeClock } from '@interpose/testing';
import { expect, test } from 'vitest';
import { Keys, type Key } from './keys.ts';
import { Lane, type LaneRules } from './lane.ts';
import { memoryLimitStore } from './memory-limit-store.ts';
import { Pace } from './pace.ts';

test('a key is forgotten when there is nothing to remember of it', async () => {
  const clock = fakeClock();
  const rules: LaneRules = {
    clock,
    store: memoryLimitStore(clock),
    maxWaitMs: 0,
    maxQueue: 0,
    limitOf: () => 'requests',
  };
  let made = 0;
  const keys = new Keys(clock, (): Key => {
    const pace = new Pace();
    return { lane: new Lane(rules, pace), pace, underWay: 0, pending: ++made };
  });
  const [idle, busy, paused] = [keys.of('idle'), keys.of('busy'), keys.of('paused')];
  busy.underWay = 1;
  paused.pace?.refused(0, { retryAfterMs: 100_000, requests: undefined, tokens: undefined });
  expect(keys.of('idle')).toBe(idle);
  await clock.advance('61s');
  keys.of('new');
  expect([keys.of('idle') === idle, keys.of('busy') === busy, keys.of('paused') === paused]).toEqual([
    false,
    true,
    true,
  ]);
  expect(made).toBe(5);
});
