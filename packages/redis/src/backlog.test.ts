import { setImmediate } from 'node:timers/promises';
import { systemClock, type Logger } from '@interpose/core';
import { expect, test } from 'vitest';
import { backlog } from './backlog.ts';
import { RedisError } from './error.ts';

/** A backlog of numbers, whose items get there one by one when they are let through. */
function rig(capacity: number) {
  const log: string[] = [];
  const gates: ((error?: Error) => void)[] = [];
  const write = (fields: object, message: string): void => {
    log.push(`${message} ${JSON.stringify(fields)}`);
  };
  const logger: Logger = { debug: write, info: write, warn: write, error: write };
  const send = (item: number): Promise<void> =>
    new Promise((resolve, reject) => {
      log.push(`send ${item}`);
      gates.push((error) => (error ? reject(error) : resolve()));
    });
  const items = backlog<number>({ send, what: 'numbers', capacity, clock: systemClock, logger });
  const next = async (error?: Error): Promise<void> => {
    await expect.poll(() => gates.length).toBeGreaterThan(0);
    gates.shift()?.(error);
  };
  return { items, next, log };
}

test('gives the oldest up that is not under way, when there are too many', async () => {
  const { items, next, log } = rig(2);
  for (const item of [1, 2, 3]) items.add(item);
  await next();
  await next();
  await items.close();
  expect(log).toEqual([
    'interpose: numbers wait for redis {}',
    'send 1',
    'interpose: redis gave up 1 numbers {"count":1,"reason":"too many"}',
    'send 3',
  ]);
});

test('tries again what may work later, and gives up what will not', async () => {
  const { items, next, log } = rig(10);
  items.add(1);
  items.add(2);
  await next(new RedisError('gone', 'redis_unavailable'));
  await next(new RedisError('wrong', 'redis_failed'));
  await next();
  await items.close();
  expect(log).toEqual([
    'interpose: numbers wait for redis {}',
    'send 1',
    'send 1',
    'interpose: redis gave up 1 numbers {"count":1,"reason":"redis_failed"}',
    'send 2',
  ]);
});

test('tries once more when it is closed, and takes nothing after that', async () => {
  const { items, next, log } = rig(10);
  items.add(1);
  await next(new RedisError('gone', 'redis_unavailable'));
  // By now it pauses.
  await setImmediate();
  const closed = items.close();
  await next(new RedisError('gone', 'redis_unavailable'));
  await closed;
  items.add(2);
  expect(log.slice(-2)).toEqual([
    'interpose: redis gave up 1 numbers {"count":1,"reason":"closed"}',
    'interpose: redis gave up 1 numbers {"count":1,"reason":"closed"}',
  ]);
});
