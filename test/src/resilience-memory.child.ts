// Run as a process of its own: reads one event of a huge stream, stands still, and says how its memory grew.
import 'reflect-metadata';
import { setTimeout } from 'node:timers/promises';
import type { Interceptor } from '@interpose/core';
import { interpose } from '@interpose/openai';
import { retry } from '@interpose/retry';
import OpenAI from 'openai';

const [stack, baseURL] = process.argv.slice(2);
const { gc } = globalThis as { gc?: () => void };

const look: Interceptor = (next) => async (call) => {
  const reply = await next(call);
  void reply.outcome;
  return reply.tap({ event: (event) => event.json }).mapText(() => ({ push: (text) => text, end: () => '' }));
};

const bare = new OpenAI({ baseURL: baseURL ?? '', apiKey: 'test' });
const client =
  stack === 'bare' ? bare : interpose(bare, [look, retry(), { name: 'inner', create: () => look }]);
const params = {
  model: 'gpt-5',
  messages: [{ role: 'user' as const, content: 'hello' }],
  stream: true as const,
};

// Once for what is loaded and compiled with the first stream.
for await (const _ of await client.chat.completions.create(params)) continue;
await setTimeout(100);
gc?.();
const before = process.memoryUsage.rss();

const stream = await client.chat.completions.create(params);
const items = stream[Symbol.asyncIterator]();
await items.next();
let most = 0;
for (let look = 0; look < 20; look++) {
  await setTimeout(50);
  most = Math.max(most, process.memoryUsage.rss());
}
process.stdout.write(JSON.stringify({ grown: most - before }));
await new Promise((resolve) => process.stdin.once('data', resolve));
process.exit();
