import { expect, test } from 'vitest';
import { callOf } from './core.test-support.ts';
import { Reply, totalUsage, type OutcomeUsage } from './index.ts';

const SPENT: OutcomeUsage = {
  inputTokens: 10,
  outputTokens: 5,
  totalTokens: 15,
  cachedInputTokens: 4,
  source: 'reported',
};
const BODY = {
  choices: [{ index: 0, message: { content: 'hi' }, finish_reason: 'stop' }],
  usage: {
    prompt_tokens: 2,
    completion_tokens: 1,
    total_tokens: 3,
    prompt_tokens_details: { cached_tokens: 1 },
  },
};

async function usageOf(response: Response, spent?: OutcomeUsage): Promise<OutcomeUsage | undefined> {
  const reply = new Reply(callOf(), response, { spent });
  const { outcome } = reply;
  await reply.deliver().text();
  return (await outcome).usage;
}

test('what was used on the way to a reply counts in its outcome', async () => {
  expect(await usageOf(Response.json(BODY), SPENT)).toEqual({
    inputTokens: 12,
    outputTokens: 6,
    totalTokens: 18,
    cachedInputTokens: 5,
    source: 'reported',
  });
  expect((await usageOf(Response.json(BODY)))?.totalTokens).toBe(3);
});

test('it counts also where the reply itself used nothing', async () => {
  expect(await usageOf(Response.json({ error: {} }, { status: 500 }), SPENT)).toEqual(SPENT);
});

test('a sum is estimated as soon as a part of it is', () => {
  expect(totalUsage([])).toBeUndefined();
  expect(totalUsage([undefined, SPENT])).toBe(SPENT);
  expect(totalUsage([SPENT, { ...SPENT, source: 'estimated' }, SPENT])).toMatchObject({
    totalTokens: 45,
    source: 'estimated',
  });
});
