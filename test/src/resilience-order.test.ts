import { breaker } from '@interpose/breaker';
import { budget, memoryLedger } from '@interpose/budget';
import { RANDOM, TOKEN_COUNTER, provide } from '@interpose/core';
import { FallbackError, fallback } from '@interpose/fallback';
import { interpose, layerOf } from '@interpose/openai';
import { retry } from '@interpose/retry';
import { fakeProvider, rateLimited, seededRandom, type ScriptedReply } from '@interpose/testing';
import { timeout } from '@interpose/timeout';
import { OpenAI } from 'openai';
import { describe, expect, test } from 'vitest';

const LIMIT = 'all of it';
const MESSAGES = [{ role: 'user' as const, content: 'hello' }];

/** What a provider refuses costs nothing, and both sides know it. */
const REFUSALS: readonly ScriptedReply[] = [
  {},
  {},
  { status: 500 },
  { status: 503 },
  rateLimited({ retryAfterMs: 1 }),
  { refuse: true },
];

/** What a bad day has in store besides. The streams have six events, of which the second is the first content. */
const BREAKS: readonly ScriptedReply[] = [
  { cut: { afterEvents: 0, how: 'reset' } },
  { cut: { afterEvents: 1, how: 'close' } },
  { cut: { afterEvents: 3, how: 'close' } },
  { stall: { afterEvents: 1, keepAlive: 5 } },
  { stall: { afterEvents: 4, keepAlive: 5 } },
  { errorInStream: { afterEvents: 1, error: { message: 'x', type: 'server_error' } } },
  { errorInStream: { afterEvents: 3, error: { message: 'x', type: 'server_error' } } },
];

/** What came of 200 calls, forty at a time: to their callers, in the books, and at both providers. */
interface Day {
  readonly ends: Readonly<Record<string, number>>;
  readonly booked: { requests: number; inputTokens: number; outputTokens: number };
  readonly served: { requests: number; inputTokens: number; outputTokens: number };
  readonly held: number;
}

async function day(seed: number, faults: readonly ScriptedReply[], patienceMs: number): Promise<Day> {
  await using primary = await fakeProvider();
  await using backup = await fakeProvider();
  const random = seededRandom(seed);
  const pick = (): ScriptedReply => faults[Math.floor(random.next() * faults.length)] ?? {};
  primary.always(pick);
  // A backup that is mostly well.
  backup.always(() => (random.next() < 0.2 ? pick() : {}));

  const ledger = memoryLedger();
  const client = new OpenAI({ apiKey: 'test', baseURL: primary.baseURL });
  const openai = interpose(client, [
    fallback([{ name: 'backup', client: new OpenAI({ apiKey: 'other', baseURL: backup.baseURL }) }]),
    retry({ maxAttempts: 2, delay: () => 0, budget: false }),
    breaker({ trip: { share: 1, minCalls: 8 }, openFor: 20 }),
    budget({ limits: [{ per: 'all', usd: 1000, every: 'ever', name: LIMIT }], ledger }),
    timeout({ attempt: 4 * patienceMs, firstContent: patienceMs, betweenContent: patienceMs }),
    // As the fake providers count.
    provide(TOKEN_COUNTER, { input: () => 1, text: () => 1 }),
    provide(RANDOM, seededRandom(seed)),
  ]);

  const ends: Record<string, number> = {};
  const ask = async (number: number): Promise<string> => {
    const stream = number % 4 !== 0;
    try {
      const reply = await openai.chat.completions.create({
        model: 'gpt-4o',
        messages: MESSAGES,
        ...(stream && { stream }),
      });
      let text = '';
      if (Symbol.asyncIterator in reply) {
        for await (const chunk of reply) text += chunk.choices[0]?.delta.content ?? '';
      } else text = reply.choices[0]?.message.content ?? '';
      return text === 'You said: hello' ? 'whole' : `not whole: ${text}`;
    } catch (error) {
      if (error instanceof FallbackError) return 'all failed';
      return error instanceof OpenAI.APIError ? 'cut' : String(error);
    }
  };
  // Forty at a time, as a server has them.
  for (let round = 0; round < 5; round++) {
    const told = await Promise.all(Array.from({ length: 40 }, (_, at) => ask(round * 40 + at)));
    for (const end of told) ends[end] = (ends[end] ?? 0) + 1;
  }
  await layerOf(openai)?.close();

  const [line] = await ledger.spend({ by: [] });
  const account = { account: LIMIT, cap: Number.MAX_SAFE_INTEGER, amount: 0, keepMs: 1000 };
  const { accounts } = await ledger.reserve({ id: 'look', leaseMs: 1000, entries: [account] });
  const totals = [primary, backup].map((provider) => provider.ledger.totals());
  const sum = (of: 'inputTokens' | 'outputTokens'): number => totals.reduce((all, one) => all + one[of], 0);
  return {
    ends,
    booked: {
      requests: line?.calls ?? 0,
      inputTokens: line?.inputTokens ?? 0,
      outputTokens: line?.outputTokens ?? 0,
    },
    served: {
      requests: primary.requests.length + backup.requests.length,
      inputTokens: sum('inputTokens'),
      outputTokens: sum('outputTokens'),
    },
    held: accounts[0]?.held ?? Number.NaN,
  };
}

describe.each([1, 2])('fallback over retry over budget over timeout, in one stack (seed %i)', (seed) => {
  test('the ledger has what both providers gave, to the token', async () => {
    const { ends, booked, served, held } = await day(seed, REFUSALS, 5000);
    expect(booked).toEqual(served);
    expect(held).toBe(0);
    expect(Object.keys(ends).filter((end) => end !== 'all failed')).toEqual(['whole']);
  });

  test('also where answers break in their middle, no request goes unbooked and nothing is held for ever', async () => {
    const { ends, booked, served, held } = await day(seed, [...REFUSALS, ...BREAKS], 500);
    expect(booked.requests).toBe(served.requests);
    expect(held).toBe(0);
    // Nobody got half an answer for a whole one, and all that anybody caught was of the client's family.
    const known = ['all failed', 'cut', 'whole'];
    expect(Object.keys(ends).filter((end) => !known.includes(end))).toEqual([]);
    expect(ends['whole']).toBeGreaterThan(100);
  }, 60_000);
});
