import { fakeClock } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { RetryBudget, budgetSettings, type RetryBudgetOptions } from './retry-budget.ts';

function budgetOf(options: RetryBudgetOptions = {}): { budget: RetryBudget; taken: () => number } & {
  clock: ReturnType<typeof fakeClock>;
} {
  const clock = fakeClock();
  const budget = new RetryBudget(clock, budgetSettings(options));
  const taken = (): number => {
    let count = 0;
    while (count < 10_000 && budget.withdraw()) count++;
    return count;
  };
  return { budget, taken, clock };
}

describe('a retry budget', () => {
  test('starts full, with 100 retries', () => {
    const { taken } = budgetOf();
    expect([taken(), taken()]).toEqual([100, 0]);
  });

  test('earns one retry with ten successes, and not with nine', () => {
    const { budget, taken } = budgetOf();
    taken();
    for (let call = 0; call < 9; call++) budget.deposit();
    expect(taken()).toBe(0);
    budget.deposit();
    expect(taken()).toBe(1);
  });

  test('earns one retry in twelve seconds, and not in less', async () => {
    const { clock, taken } = budgetOf();
    taken();
    await clock.advance(11_999);
    expect(taken()).toBe(0);
    await clock.advance(1);
    expect(taken()).toBe(1);
  });

  test('holds no more than its capacity, whatever it earns', async () => {
    const { budget, clock, taken } = budgetOf({ capacity: 3, perSuccess: 1, perMinute: 60 });
    for (let call = 0; call < 10; call++) budget.deposit();
    await clock.advance('1h');
    expect(taken()).toBe(3);
  });

  test('loses nothing of its earnings to being asked often', async () => {
    const { clock, budget, taken } = budgetOf({ perMinute: 60 });
    taken();
    let granted = 0;
    for (let step = 0; step < 100; step++) {
      await clock.advance(100);
      if (budget.withdraw()) granted++;
    }
    expect(granted).toBe(10);
  });

  test('that earns nothing is spent for ever', async () => {
    const { clock, budget, taken } = budgetOf({ capacity: 2, perSuccess: 0, perMinute: 0 });
    expect(taken()).toBe(2);
    for (let call = 0; call < 1000; call++) budget.deposit();
    await clock.advance('30d');
    expect(taken()).toBe(0);
  });

  test('of no capacity allows no retry at all', async () => {
    const { budget, clock, taken } = budgetOf({ capacity: 0 });
    budget.deposit();
    await clock.advance('1h');
    expect(taken()).toBe(0);
  });
});
