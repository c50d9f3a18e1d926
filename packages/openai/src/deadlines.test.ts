import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Deadlines } from './deadlines.ts';

const DAY = 86_400_000;

describe('deadlines', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }));
  afterEach(() => void vi.useRealTimers());

  function watched() {
    const deadlines = new Deadlines();
    const passed: string[] = [];
    const add = (at: number) => {
      const deadline = deadlines.add(at, () => {
        passed.push(`${at} at ${Date.now()}`);
        deadlines.delete(deadline);
      });
      return deadline;
    };
    return { deadlines, passed, add };
  }

  test('pass in their order, whatever order they came in', () => {
    const { passed, add } = watched();
    for (const at of [30, 10, 20, 10, -5]) add(at);
    vi.advanceTimersByTime(100);
    expect(passed).toEqual(['-5 at 0', '10 at 10', '10 at 10', '20 at 20', '30 at 30']);
  });

  test('do not pass once they are deleted, and say whether they were there', () => {
    const { deadlines, passed, add } = watched();
    const [one, two] = [add(10), add(20)];
    expect([deadlines.delete(one), deadlines.delete(one)]).toEqual([true, false]);
    vi.advanceTimersByTime(15);
    add(18);
    vi.advanceTimersByTime(100);
    expect([passed, deadlines.delete(two)]).toEqual([['18 at 18', '20 at 20'], false]);
  });

  test('may be further off than a timer can hold', () => {
    const { passed, add } = watched();
    add(60 * DAY);
    vi.advanceTimersByTime(59 * DAY);
    expect(passed).toEqual([]);
    vi.advanceTimersByTime(DAY);
    expect(passed).toEqual([`${60 * DAY} at ${60 * DAY}`]);
  });

  test('share one timer', () => {
    const { add } = watched();
    for (let at = 1000; at < 2000; at++) add(at);
    expect(vi.getTimerCount()).toBe(1);
  });

  test('may be added while others pass', () => {
    const { deadlines, passed, add } = watched();
    const first = deadlines.add(10, () => {
      deadlines.delete(first);
      add(15);
    });
    vi.advanceTimersByTime(20);
    expect(passed).toEqual(['15 at 15']);
  });
});

test('with none left, nothing keeps the process alive', () => {
  const ticking = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = ticking();
  const deadlines = new Deadlines();
  const counts: number[] = [];
  for (let round = 0; round < 2; round++) {
    const both = [Date.now() + 60_000, Date.now() + 70_000].map((at) => deadlines.add(at, () => {}));
    counts.push(ticking() - before);
    for (const deadline of both) deadlines.delete(deadline);
    counts.push(ticking() - before);
  }
  expect(counts).toEqual([1, 0, 1, 0]);
});
