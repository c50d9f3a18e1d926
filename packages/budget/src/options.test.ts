import { expect, test } from 'vitest';
import { budgetSettings } from './options.ts';

const limits = [{ per: 'all', usd: 1, every: 'day' }] as const;

test('the defaults are those of the README', () => {
  const { rules: _rules, ...settings } = budgetSettings({ limits });
  expect(settings).toEqual({
    ledger: undefined,
    onExceed: 'refuse',
    maxWaitMs: 30_000,
    unknownModel: 'refuse',
    assumePrice: 100,
    assumeOutput: undefined,
    leaseMs: 60_000,
    onFault: 'closed',
  });
});

test('a lease is a second at least', () => {
  expect(budgetSettings({ limits, lease: '1s' }).leaseMs).toBe(1000);
  expect(() => budgetSettings({ limits, lease: 999 })).toThrow('budget: lease must be at least 1s, got 999');
});
