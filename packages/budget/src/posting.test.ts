import { callOf } from '@interpose/testing';
import { expect, test } from 'vitest';
import { postingOf } from './posting.ts';

test('a posting is under the model that answered, or else the one that was asked', () => {
  const call = callOf({
    params: { model: 'asked' },
    tags: { endpoint: 'search', tenant: 'acme', user: 'u' },
  });
  const now = Date.UTC(2026, 0, 31, 23, 59);
  const usage = { inputTokens: 3, outputTokens: 4, totalTokens: 7 };
  const names = { day: '2026-01-31', endpoint: 'search', tenant: 'acme', user: 'u' };
  const sums = { calls: 1, inputTokens: 3, outputTokens: 4 };
  const nothing = { calls: 1, inputTokens: 0, outputTokens: 0, cost: 0, unpriced: 0 };
  expect([
    postingOf(call, 'answered', usage, 9, now),
    postingOf(call, undefined, usage, null, now),
    postingOf(callOf({ params: { model: undefined } }), undefined, undefined, 0, now),
  ]).toEqual([
    { ...names, model: 'answered', ...sums, cost: 9, unpriced: 0 },
    { ...names, model: 'asked', ...sums, cost: 0, unpriced: 1 },
    { ...nothing, day: '2026-01-31', endpoint: '', tenant: '', user: '', model: '' },
  ]);
});
