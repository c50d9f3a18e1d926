/**
 * A help desk sorts its tickets: each is embedded and classified. Many say the same, and some come twice at once. What the cache
 * saves is told by the price table, against a fake provider on loopback.
 */
import { cache, looked } from '@interpose/cache';
import { settled, type Money } from '@interpose/core';
import { interpose, layerOf, tags } from '@interpose/openai';
import { priceTable } from '@interpose/prices';
import { fakeProvider } from '@interpose/testing';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { Bill } from './bill.ts';
import { TICKETS } from './tickets.ts';

const Kind = z.object({ kind: z.enum(['billing', 'delivery', 'returns', 'other']) });

const provider = await fakeProvider();
const openai = interpose(new OpenAI({ baseURL: provider.baseURL, apiKey: 'not-a-key' }), [
  cache({ ttl: '1d' }),
]);
const layer = layerOf(openai);
if (!layer) throw new Error('the client has no layer');

const bill = new Bill();
layer.events.on(looked, ({ call, data }) => bill.looked(call.tags.endpoint ?? '', data.state));
const prices = priceTable();
layer.events.on(settled, ({ call, data }) => {
  const { usage, model } = data.outcome;
  const cost: Money | null = usage ? prices.price(model ?? call.model ?? '', usage, {}) : null;
  bill.answered(call.tags.endpoint ?? '', data.source, cost);
});

/** What is asked of the model for one ticket. */
async function sort(text: string, stream: boolean): Promise<void> {
  await openai.embeddings.create(
    { model: 'text-embedding-3-small', input: text },
    tags({ endpoint: 'embed', tenant: 'shop' }),
  );
  const params = {
    model: 'gpt-4o-mini',
    temperature: 0,
    messages: [
      { role: 'system' as const, content: 'Say of which kind the ticket is.' },
      { role: 'user' as const, content: text },
    ],
    response_format: zodResponseFormat(Kind, 'kind'),
  };
  const options = tags({ endpoint: 'classify', tenant: 'shop' });
  if (stream) await openai.chat.completions.stream(params, options).finalChatCompletion();
  else await openai.chat.completions.parse(params, options);
}

console.log(`${TICKETS.length} tickets, of which ${new Set(TICKETS).size} differ; ten at a time.\n`);
for (let first = 0; first < TICKETS.length; first += 10) {
  // Some are streamed: the same entries serve both.
  await Promise.all(TICKETS.slice(first, first + 10).map((text, index) => sort(text, index % 3 === 0)));
}

console.log(String(bill));
console.log(`The provider was asked ${provider.requests.length} times, for ${2 * TICKETS.length} calls.`);
await layer.close();
await provider.close();
