import { InterposeError, type Clock, type Plugin } from '@interpose/core';
import { fakeClock } from '@interpose/testing';
import { memoryLimitStore, type LimitStore } from './index.ts';
import { expect, test } from 'vitest';
import { stackOf } from './limit.test-support.ts';

const down = async (): Promise<never> => {
  throw new Error('the store is down');
};
const broken: LimitStore = { take: down, settle: down, renew: down };
const requests = { limit: 1, every: '10s' } as const;

test('a store that fails refuses calls, each of those that wait too', async () => {
  const stack = stackOf(2, { requests, store: broken });
  expect(await Promise.all([stack.ask(), stack.ask()])).toEqual(['500 unit_fault', '500 unit_fault']);
  expect(stack.log).toEqual([
    'start',
    'start',
    'fault limit closed',
    'refusal unit_fault',
    'fault limit closed',
    'refusal unit_fault',
  ]);
});

test('a store that fails lets calls go, where that was chosen, and never in silence', async () => {
  const stack = stackOf(2, { requests, store: broken, onFault: 'open' });
  expect(await Promise.all([stack.ask(), stack.ask()])).toEqual(['200 hello back', '200 hello back']);
  expect(stack.log.filter((line) => line.startsWith('fault'))).toEqual([
    'fault limit open',
    'fault limit open',
  ]);
});

/** A store whose steps of one kind each take a second, and then fail as often as they are to. */
function slowToFail(clock: Clock, failures: number): LimitStore & { asked: number } {
  const memory = memoryLimitStore(clock);
  return {
    ...memory,
    asked: 0,
    async take(request) {
      this.asked++;
      if (this.asked > failures) return memory.take(request);
      await clock.sleep(1000);
      return down();
    },
  };
}

test('in an outage no call waits for one time-out after another, however many wait', async () => {
  const clock = fakeClock();
  const store = slowToFail(clock, Infinity);
  const stack = stackOf(0, { requests: { limit: 100, every: '1s' }, store }, { clock });
  const calls = Promise.all(Array.from({ length: 50 }, () => stack.ask()));
  await clock.advance('2s');
  expect(await calls).toEqual(Array.from({ length: 50 }, () => '500 unit_fault'));
  expect(store.asked).toBe(2);
});

test('a single failure of the store is that of one call', async () => {
  const clock = fakeClock();
  const store = slowToFail(clock, 1);
  const stack = stackOf(4, { requests: { limit: 100, every: '1s', burst: 10 }, store }, { clock });
  const calls = Promise.all(Array.from({ length: 5 }, () => stack.ask()));
  await clock.advance('2s');
  expect(await calls).toEqual(['500 unit_fault', ...Array.from({ length: 4 }, () => '200 hello back')]);
});

test('a slot that was taken, though the answer was lost, is free again', async () => {
  const clock = fakeClock();
  const memory = memoryLimitStore(clock);
  let lost = 1;
  const store: LimitStore = {
    ...memory,
    async take(request) {
      const answer = await memory.take(request);
      return lost-- > 0 ? down() : answer;
    },
  };
  const stack = stackOf(1, { concurrency: 1, store, maxWait: 0 }, { clock });
  expect([await stack.ask(), await stack.ask()]).toEqual(['500 unit_fault', '200 hello back']);
});

test('a store that fails when a call has ended harms nobody, and is reported', async () => {
  const store = { ...memoryLimitStore(), settle: down };
  const stack = stackOf(1, { concurrency: 1, store });
  expect(await stack.ask()).toBe('200 hello back');
  await stack.clock.advance(0);
  expect(stack.log.filter((line) => line.startsWith('fault'))).toEqual(['fault limit open']);
});

test('refusals of units further in are passed on, and what was taken is given back', async () => {
  let refusing = true;
  const guard: Plugin = {
    name: 'guard',
    create: () => (next) => async (call) => {
      if (refusing) throw new InterposeError('no', { code: 'guarded', status: 403 });
      return next(call);
    },
  };
  const stack = stackOf(1, { requests, concurrency: 1 }, { inside: [guard] });
  expect([await stack.ask(), await stack.ask()]).toEqual(['403 guarded', '403 guarded']);
  refusing = false;
  expect(await stack.ask()).toBe('200 hello back');
});
