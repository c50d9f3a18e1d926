import type { PriceOptions, Prices } from '@interpose/core';
import { callOf, type CallOverrides } from '@interpose/testing';
import { expect, test } from 'vitest';
import { costOf, estimateOf, usageOf, type Estimator } from './estimate.ts';

const prices: Prices = { price: (_model, { inputTokens, outputTokens }) => inputTokens + 2 * outputTokens };
const counter: Estimator['counter'] = { input: () => 10, text: () => 10 };

/** How many tokens a call may write. */
async function outputOf(overrides: CallOverrides, estimator: Partial<Estimator> = {}): Promise<number> {
  const all = { counter, prices, assumeOutput: undefined, ...estimator };
  return (await estimateOf(callOf(overrides), all)).outputTokens;
}

test('the output is what the request allows, or the option, or the most that the model can write, or 4096', async () => {
  const ceiling = { prices: { ...prices, outputCeiling: () => 300 } };
  expect([
    await outputOf({ params: { max_completion_tokens: 7 } }, { ...ceiling, assumeOutput: 50 }),
    await outputOf({}, { ...ceiling, assumeOutput: 50 }),
    await outputOf({}, ceiling),
    await outputOf({}),
  ]).toEqual([7, 50, 300, 4096]);
});

test('each choice may write as much', async () => {
  const counted = [undefined, 0, 1, 2, 3, '3'];
  const outputs = counted.map((n) => outputOf({ params: { max_completion_tokens: 7, n } }));
  expect(await Promise.all(outputs)).toEqual([7, 7, 7, 14, 21, 7]);
});

test('what writes nothing has no output', async () => {
  expect(await outputOf({ operation: 'embeddings' })).toBe(0);
  expect(await outputOf({ operation: 'moderations' })).toBe(0);
});

test('a count that has to be waited for is waited for', async () => {
  const slow: Estimator['counter'] = { ...counter, input: () => Promise.resolve(25) };
  const call = callOf({ params: { max_completion_tokens: 5 } });
  const estimate = await estimateOf(call, { counter: slow, prices, assumeOutput: undefined });
  expect(estimate).toEqual({ inputTokens: 25, outputTokens: 5, cost: 35 });
});

test('the price is that of the model and the tier that answered, or else of those that were asked', () => {
  const known: Prices = {
    price: (model, _usage, options?: PriceOptions) => {
      const cost = { asked: 1, answered: 10 }[model];
      return cost === undefined ? null : cost * (options?.serviceTier === 'flex' ? 2 : 3);
    },
  };
  const call = callOf({ params: { model: 'asked', service_tier: 'flex' } });
  const cost = (answered?: object): number | null => costOf(call, usageOf(1, 1), known, answered);
  expect([
    cost({ model: 'answered', serviceTier: 'default' }),
    cost({ model: 'answered' }),
    cost({ model: 'unheard-of', serviceTier: 'default' }),
    cost(),
    costOf(callOf({ params: { model: 'unheard-of' } }), usageOf(1, 1), known),
  ]).toEqual([30, 20, 3, 2, null]);
});
