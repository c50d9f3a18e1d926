import { describe, expect, test } from 'vitest';
import { listeners, settledAs } from './core.test-support.ts';
import { systemClock } from './clock.ts';

/** Timers that keep the process alive. */
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe('systemClock.sleep', () => {
  test('ends when the time is up, and leaves no timer and no listener', async () => {
    const { signal } = new AbortController();
    const before = timers();
    await systemClock.sleep(1, signal);
    await systemClock.sleep(0);
    expect([listeners(signal), timers() - before]).toEqual([0, 0]);
  });

  test('ends at once when the signal aborts, with its reason, and leaves no timer and no listener', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const before = timers();
    const asleep = settledAs(systemClock.sleep(60_000, signal));
    const during = [listeners(signal), timers() - before];
    controller.abort(new Error('gone'));
    const after = [listeners(signal), timers() - before];
    expect([during, after, await asleep]).toEqual([[1, 1], [0, 0], 'Error: gone']);
  });

  test('does not begin when the signal has aborted', async () => {
    const before = timers();
    const signal = AbortSignal.abort(new Error('gone'));
    expect([
      await settledAs(systemClock.sleep(60_000, signal)),
      listeners(signal),
      timers() - before,
    ]).toEqual(['Error: gone', 0, 0]);
  });

  test('waits longer than a timer of the platform can', async () => {
    const controller = new AbortController();
    let over = false;
    const asleep = settledAs(systemClock.sleep(2 ** 33, controller.signal).then(() => (over = true)));
    await systemClock.sleep(5);
    controller.abort(new Error('enough'));
    expect([await asleep, over]).toEqual(['Error: enough', false]);
  });
});

test('systemClock tells the date, and a time that never goes back', () => {
  const [first, second] = [systemClock.monotonic(), systemClock.monotonic()];
  expect([second >= first, Math.abs(systemClock.now() - Date.now()) < 1000]).toEqual([true, true]);
});
