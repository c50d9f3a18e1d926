/** Two interceptors of your own: one in fifteen lines, one as a decorated class with injected services. */
import { LOGGER, injected, provide, type Logger } from '@interpose/core';
import { interpose, layerOf } from '@interpose/openai';
import { fakeProvider } from '@interpose/testing';
import OpenAI from 'openai';
import { Shouting } from './shouting.ts';
import { timing } from './timing.ts';

const logger: Logger = {
  debug: () => {},
  info: (_fields, message) => console.log(`  log: ${message}`),
  warn: (_fields, message) => console.warn(`  log: ${message}`),
  error: (_fields, message) => console.error(`  log: ${message}`),
};

const provider = await fakeProvider();
const openai = interpose(new OpenAI({ baseURL: provider.baseURL, apiKey: 'not-a-key' }), [
  timing((line) => console.log(`  timing: ${line}`)),
  injected(Shouting),
  provide(LOGGER, logger),
]);
console.log(`${String(layerOf(openai)?.describe())}\n`);

const params = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'no need to shout' }] };
const plain = await openai.chat.completions.create(params);
console.log(`plain:    ${plain.choices[0]?.message.content}`);

let streamed = '';
for await (const chunk of await openai.chat.completions.create({ ...params, stream: true })) {
  streamed += chunk.choices[0]?.delta.content ?? '';
}
console.log(`streamed: ${streamed}`);

await layerOf(openai)?.close();
await provider.close();
