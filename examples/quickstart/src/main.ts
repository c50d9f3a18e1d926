/**
 * The official client over a stack of interceptors, against a fake provider on loopback that misbehaves on
 * request. `--live` calls the real API instead, with OPENAI_API_KEY, and leaves the misbehaviour out.
 */
import { parseArgs } from 'node:util';
import { interpose, layerOf, tags } from '@interpose/openai';
import { log } from '@interpose/log';
import { retry } from '@interpose/retry';
import { transport } from '@interpose/transport';
import {
  cutAfter,
  fakeProvider,
  insufficientQuota,
  overloaded,
  rateLimited,
  type FakeProvider,
} from '@interpose/testing';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { Timeline } from './timeline.ts';

const { live = false } = parseArgs({ options: { live: { type: 'boolean' } } }).values;
if (live && !process.env['OPENAI_API_KEY']) {
  console.error('--live calls the real API: set the environment variable OPENAI_API_KEY');
  process.exit(2);
}

const model = 'gpt-4o-mini';
const provider = live ? undefined : await fakeProvider();
const bare = provider ? new OpenAI({ baseURL: provider.baseURL, apiKey: 'not-a-key' }) : new OpenAI();

const timeline = new Timeline();

// The stack, outermost first. From here on it is the official client, unchanged.
const openai = interpose(bare, [log({ logger: timeline.logger }), retry({ maxAttempts: 4 }), transport()]);

const layer = layerOf(openai);
if (!layer) throw new Error('the client has no layer');
timeline.follow(layer.events);
console.log(
  `The stack beneath ${provider ? provider.baseURL : 'the real API'}:\n\n${String(layer.describe())}`,
);

await timeline.scene('a plain call', async () => {
  const reply = await openai.chat.completions.create(
    { model, messages: [{ role: 'user', content: 'Say hello to the control layer.' }] },
    tags({ endpoint: 'greeting' }),
  );
  return `“${reply.choices[0]?.message.content}”`;
});

await timeline.scene('a stream', async () => {
  const stream = await openai.chat.completions.create({
    model,
    messages: [{ role: 'user', content: 'Count to five, one word at a time.' }],
    stream: true,
  });
  let text = '';
  let chunks = 0;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    chunks++;
  }
  return `“${text}” in ${chunks} chunks`;
});

await timeline.scene('a parsed answer', async () => {
  const Sentiment = z.object({ sentiment: z.enum(['positive', 'negative']), score: z.number() });
  const reply = await openai.chat.completions.parse({
    model,
    messages: [{ role: 'user', content: 'The sentiment of: what a day!' }],
    response_format: zodResponseFormat(Sentiment, 'sentiment'),
  });
  return JSON.stringify(reply.choices[0]?.message.parsed);
});

await timeline.scene('a tool that is run', async () => {
  const runner = openai.chat.completions.runTools({
    model,
    messages: [{ role: 'user', content: 'Please call weather for Zurich.' }],
    tools: [
      {
        type: 'function',
        function: {
          name: 'weather',
          description: 'The weather in a city.',
          parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
          parse: JSON.parse,
          function: ({ city }: { city: string }) => `Sunny in ${city}, 21 degrees.`,
        },
      },
    ],
  });
  return `“${await runner.finalContent()}”`;
});

await timeline.scene('embeddings', async () => {
  const reply = await openai.embeddings.create({ model: 'text-embedding-3-small', input: ['one', 'two'] });
  return `${reply.data.length} vectors of ${reply.data[0]?.embedding.length} numbers`;
});

await timeline.scene('the caller stops reading early', async () => {
  // As slow as a model, so that there is something left to stop.
  provider?.script({ drip: 20 });
  const stream = await openai.chat.completions.create({
    model,
    messages: [{ role: 'user', content: 'Tell a long story, and take your time over every single word.' }],
    stream: true,
  });
  let text = '';
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    if (text.length > 20) break;
  }
  return `“${text}…” and the provider was told to stop`;
});

if (provider) await misbehave(provider);

await layer.close();
await provider?.close();

async function misbehave(fake: FakeProvider): Promise<void> {
  const ask = async (): Promise<string> => {
    const messages = [{ role: 'user' as const, content: 'Are you there?' }];
    const reply = await openai.chat.completions.create({ model, messages });
    return `“${reply.choices[0]?.message.content}”`;
  };

  await timeline.scene('429 with Retry-After: 1, then an answer', () => {
    fake.script(rateLimited({ retryAfter: 1 }));
    return ask();
  });

  await timeline.scene('503 twice, then an answer', () => {
    fake.script(overloaded(), overloaded());
    return ask();
  });

  await timeline.scene('429 because the quota is spent: waiting does not help, one request only', () => {
    fake.script(insufficientQuota());
    return ask();
  });

  await timeline.scene('503 and no end to it', () => {
    fake.always(overloaded());
    return ask();
  });
  fake.reset();

  await timeline.scene('a stream that is cut before its end: an error, not a short answer', async () => {
    fake.script(cutAfter(4));
    const messages = [{ role: 'user' as const, content: 'Tell me everything.' }];
    const stream = await openai.chat.completions.create({ model, messages, stream: true });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    return `“${text}”`;
  });

  await timeline.scene('the caller aborts while the layer waits to try again', async () => {
    fake.script(rateLimited({ retryAfter: 30 }));
    const messages = [{ role: 'user' as const, content: 'Never mind.' }];
    const signal = AbortSignal.timeout(100);
    const reply = await openai.chat.completions.create({ model, messages }, { signal });
    return `“${reply.choices[0]?.message.content}”`;
  });
}
