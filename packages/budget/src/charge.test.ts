import { Failure, type FailureKind, type Outcome, type OutcomeUsage, type Prices } from '@interpose/core';
import { callOf } from '@interpose/testing';
import { expect, test } from 'vitest';
import { chargeOf, chargeOfFailure } from './charge.ts';

const estimate = { inputTokens: 10, outputTokens: 5, cost: 20 };
const prices: Prices = { price: (_model, { inputTokens, outputTokens }) => inputTokens + 2 * outputTokens };

function outcomeOf(usage?: OutcomeUsage): Outcome {
  return { status: 'aborted', finishReasons: [], totalMs: 1, outputCharacters: 8, ...(usage && { usage }) };
}

/** What a call of at most 7 tokens out came to: tokens in and out, all of them, and the cost. */
function came(usage: OutcomeUsage | undefined, chunks = 0, input = 10): unknown[] {
  const call = callOf({ params: { max_completion_tokens: 7 } });
  const asked = { ...estimate, inputTokens: input };
  const charge = chargeOf(call, outcomeOf(usage), asked, chunks, (each) => prices.price('m', each, {}));
  return [charge.usage?.inputTokens, charge.usage?.outputTokens, charge.tokens, charge.cost, charge.calls];
}

const usage = { inputTokens: 3, outputTokens: 4, totalTokens: 7 };

test('what is reported counts as it is', () => {
  expect(came({ ...usage, source: 'reported' }, 99)).toEqual([3, 4, 7, 11, 1]);
});

test('what came without a report counts as the events or the text, whichever is more, and no more than may come', () => {
  const estimated = { ...usage, source: 'estimated' as const };
  expect(came(estimated, 2)).toEqual([10, 4, 14, 18, 1]);
  expect(came(estimated, 6)).toEqual([10, 6, 16, 22, 1]);
  expect(came(estimated, 9)).toEqual([10, 7, 17, 24, 1]);
  // An input that was counted as nothing is not free either.
  expect(came(estimated, 2, 0)).toEqual([1, 4, 5, 9, 1]);
});

test('a request that was answered with an error counts as one', () => {
  expect(came(undefined)).toEqual([undefined, undefined, 0, 0, 1]);
});

test.each<[FailureKind, unknown[]]>([
  ['refused', [0, 0, 0]],
  ['network', [0, 0, 1]],
  ['aborted', [10, 10, 1]],
  ['timeout', [10, 10, 1]],
  ['stalled', [10, 10, 1]],
])('a call without a reply, because of %s', (kind, expected) => {
  const { tokens, cost, calls } = chargeOfFailure(callOf(), new Failure(kind), estimate, prices);
  expect([tokens, cost, calls]).toEqual(expected);
});
