import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { fakeClock } from './fake-clock.ts';

test('moves only when it is told to', async () => {
  const clock = fakeClock({ now: 1000 });
  expect([clock.now(), clock.monotonic()]).toEqual([1000, 0]);
  await clock.advance('2s');
  expect([clock.now(), clock.monotonic()]).toEqual([3000, 2000]);
});

test('wakes sleepers in order, each at its moment', async () => {
  const clock = fakeClock();
  const log: string[] = [];
  const sleep = async (name: string, ms: number) => {
    await clock.sleep(ms);
    log.push(`${name} at ${clock.monotonic()}`);
  };
  void sleep('late', 300);
  void sleep('soon', 100);
  void sleep('second', 100);
  expect(clock.pending).toBe(3);
  await clock.advance(99);
  expect(log).toEqual([]);
  await clock.advance(250);
  expect(log).toEqual(['soon at 100', 'second at 100', 'late at 300']);
  expect(clock.waits).toEqual([300, 100, 100]);
  expect(clock.pending).toBe(0);
});

test('serves a sleep that starts while time moves', async () => {
  const clock = fakeClock();
  const log: number[] = [];
  async function ticking(): Promise<void> {
    for (let tick = 0; tick < 3; tick++) {
      await clock.sleep(100);
      await new Response('a stream of the platform').text();
      log.push(clock.monotonic());
    }
  }
  const done = ticking();
  await clock.advance(1000);
  await done;
  expect(log).toEqual([100, 200, 300]);
});

test('lets a sleep be aborted, at once, and leaves no listener', async () => {
  const clock = fakeClock();
  const controller = new AbortController();
  const aborted = expect(clock.sleep(100, controller.signal)).rejects.toThrow('enough');
  const slept = clock.sleep(50, controller.signal);
  await clock.advance(50);
  await slept;
  controller.abort(new Error('enough'));
  await aborted;
  await expect(clock.sleep(1, controller.signal)).rejects.toThrow('enough');
  expect(clock.pending).toBe(0);
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

test('wakes ten thousand in order', async () => {
  const clock = fakeClock();
  const woken: number[] = [];
  for (let at = 0; at < 10_000; at++) {
    const ms = (at * 7919) % 10_007;
    void clock.sleep(ms).then(() => woken.push(ms));
  }
  await clock.advance('11s');
  expect(woken).toEqual(woken.toSorted((a, b) => a - b));
  expect(woken).toHaveLength(10_000);
});

test('goes forwards only', async () => {
  await expect(fakeClock().advance(-1)).rejects.toThrow('fakeClock: advance must be a duration');
});
