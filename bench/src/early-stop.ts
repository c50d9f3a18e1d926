import { interpose } from '@interpose/openai';
import { fakeProvider } from '@interpose/testing';
import { validate } from '@interpose/validate';
import OpenAI from 'openai';
import { SCHEMA } from './fixtures.ts';

/** Where in a long answer the first violation is. */
const PLACES = [0, 0.1, 0.5, 1] as const;
const ORDERS = 100;

/** Counts the output tokens that a provider serves for answers that are not valid, by its own ledger, over real HTTP. */
export async function reportEarlyStop(): Promise<string> {
  const lines = ['Early stop: output tokens that the provider serves for an answer that is not valid'];
  for (const place of PLACES) {
    const [early, late] = [await served(place, true), await served(place, false)];
    const saved = `${(100 * (1 - early / late)).toFixed(0)} % saved`;
    const where = `violation after ${(100 * place).toFixed(0)} %`;
    lines.push(`  ${where.padEnd(24)}${String(early).padStart(6)} of ${late}  |  ${saved}`);
  }
  return lines.join('\n');
}

async function served(place: number, early: boolean): Promise<number> {
  const wrong = Math.min(ORDERS - 1, Math.floor(ORDERS * place));
  const orders = Array.from({ length: ORDERS }, (_, id) => ({
    id,
    state: id === wrong ? 'lost' : 'open',
    customer: `Customer ${id}`,
    note: null,
    cents: [250],
  }));
  // As slow as a quick model, so that what is stopped was not sent already.
  await using provider = await fakeProvider({
    replies: { text: JSON.stringify({ orders }), drip: 1 },
    tokensPerChunk: 4,
  });
  const client = new OpenAI({ baseURL: provider.baseURL, apiKey: 'bench' });
  const stream = await interpose(client, [validate({ early })]).chat.completions.create({
    model: 'gpt-4o-mini',
    messages: [{ role: 'user', content: 'Which orders are there?' }],
    response_format: { type: 'json_schema', json_schema: { name: 'orders', strict: true, schema: SCHEMA } },
    stream: true,
  });
  try {
    for await (const chunk of stream) void chunk;
    throw new Error('bench: the answer passed for valid');
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'invalid_output') throw error;
  }
  return provider.ledger.totals().outputTokens;
}
