import { callOf } from '@interpose/testing';
import { expect, test } from 'vitest';
import { rulesOf, type Limit } from './limit.ts';
import { dollarRule } from './options.ts';

const daily = { per: 'all', usd: 1, every: 'day' } as const;

test('a name says what is limited, whose, in what time, and where that begins', () => {
  const limits: Limit[] = [
    daily,
    { ...daily, timezone: 'Europe/Berlin' },
    { per: 'call', tokens: 5 },
    { ...daily, calls: 2, name: 'trial' },
  ];
  expect(rulesOf(limits).map(({ name, unit, cap }) => `${name}: ${cap} ${unit}`)).toEqual([
    'usd per all every day: 1000000000 usd',
    'usd per all every day Europe/Berlin: 1000000000 usd',
    'tokens per call: 5 tokens',
    'trial (usd): 1000000000 usd',
    'trial (calls): 2 calls',
  ]);
});

test('an account is of all, of a model, or of a tag; calls without the tag share one', () => {
  const call = callOf({ params: { model: 'm' }, tags: { tenant: 'acme', team: 'x', model: 'no' } });
  const keys = ['all', 'model', 'tenant', 'team', 'user'].map((per) =>
    rulesOf([{ ...daily, per }])[0]?.keyOf(call),
  );
  expect(keys).toEqual(['', 'm', 'acme', 'x', '']);
});

test('money is rounded to the nano-dollar', () => {
  expect(rulesOf([{ ...daily, usd: 0.3 * 3 }])[0]?.cap).toBe(900_000_000);
  expect(rulesOf([{ ...daily, usd: 0.000_000_29 }])[0]?.cap).toBe(290);
});

test('fractions are in order, above 0 and up to 1', () => {
  expect(rulesOf([{ ...daily, soft: [1, 0.5, 0.8] }])[0]?.soft).toEqual([0.5, 0.8, 1]);
  expect(rulesOf([{ ...daily, soft: 0.8 }])[0]?.soft).toEqual([0.8]);
  for (const soft of [0, 1.01, -0.5, [0.5, 0]]) {
    expect(() => rulesOf([{ ...daily, soft }])).toThrow('a fraction, or an array of fractions');
  }
});

test('two that are alike are told wherever they stand', () => {
  const other = { per: 'tenant', calls: 1, every: 'day' } as const;
  for (const limits of [
    [daily, daily],
    [daily, other, daily],
    [other, daily, daily],
  ]) {
    expect(() => rulesOf(limits)).toThrow('two limits are alike (usd per all every day)');
  }
});

test('a price is needed where a limit in USD applies to the call', () => {
  const rules = rulesOf([
    { per: 'all', calls: 1, every: 'day' },
    { ...daily, match: ({ call }) => call.model === 'm' },
  ]);
  expect(dollarRule(rules, callOf({ params: { model: 'm' } }))?.unit).toBe('usd');
  expect(dollarRule(rules, callOf({ params: { model: 'n' } }))).toBeUndefined();
});
