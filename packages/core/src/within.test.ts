import { expect, test } from 'vitest';
import { within, type Clock } from './index.ts';

/** Time that passes when it is told to. */
function handTime(): Clock & { pass(): void; readonly sleepers: number } {
  const waiting = new Set<() => void>();
  return {
    now: () => 0,
    monotonic: () => 0,
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        waiting.add(resolve);
        signal?.addEventListener('abort', () => {
          waiting.delete(resolve);
          reject(signal.reason as Error);
        });
      }),
    pass: () => {
      for (const wake of waiting) wake();
      waiting.clear();
    },
    get sleepers() {
      return waiting.size;
    },
  };
}

const late = (): Error => new Error('too late');

test('work that is done in time is not told of any end, and leaves no timer', async () => {
  const clock = handTime();
  let given: AbortSignal | undefined;
  const result = await within({ clock, ms: 10, late }, async (signal) => {
    given = signal;
    return 'done';
  });
  expect([result, given?.aborted, clock.sleepers]).toEqual(['done', false, 0]);
});

test('what takes too long is told so, and is not waited for', async () => {
  const clock = handTime();
  let given: AbortSignal | undefined;
  const waiting = within({ clock, ms: 10, late }, (signal) => {
    given = signal;
    return new Promise(() => {});
  });
  clock.pass();
  await expect(waiting).rejects.toThrow('too late');
  expect(given?.reason).toEqual(new Error('too late'));
});

test('what fails, at once or later, fails as it did, and leaves no timer', async () => {
  const clock = handTime();
  const broken = new RangeError('broken');
  const atOnce = (): never => {
    throw broken;
  };
  for (const work of [atOnce, () => Promise.reject(broken)]) {
    await expect(within({ clock, ms: 10, late }, work)).rejects.toBe(broken);
  }
  expect(clock.sleepers).toBe(0);
});

test('a signal of the caller’s reaches the work, which says what becomes of it', async () => {
  const clock = handTime();
  const leaving = new AbortController();
  const waiting = within(
    { clock, ms: 10, late, signal: leaving.signal },
    (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () =>
          reject(new Error(`ended: ${(signal.reason as Error).message}`)),
        );
      }),
  );
  leaving.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('ended: gone');
  expect(clock.sleepers).toBe(0);
});
