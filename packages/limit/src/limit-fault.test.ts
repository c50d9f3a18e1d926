import { InterposeError, type Plugin } from '@interpose/core';
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
