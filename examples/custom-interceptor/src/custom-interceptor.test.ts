import { LOGGER, injected, provide, type Logger } from '@interpose/core';
import { interpose } from '@interpose/openai';
import { fakeProvider } from '@interpose/testing';
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { Shouting } from './shouting.ts';
import { timing } from './timing.ts';

test('a function and a decorated class work together on plain and streamed replies', async () => {
  const lines: string[] = [];
  const logger = recording(lines);
  const provider = fakeProvider.inProcess();
  const openai = interpose(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', fetch: provider.fetch }), [
    timing((line) => lines.push(line.replace(/\d+ ms/, 'n ms'))),
    injected(Shouting),
    provide(LOGGER, logger),
  ]);
  const params = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'hi' }] };

  const plain = await openai.chat.completions.create(params);
  let streamed = '';
  for await (const chunk of await openai.chat.completions.create({ ...params, stream: true })) {
    streamed += chunk.choices[0]?.delta.content ?? '';
  }

  expect(plain.choices[0]?.message.content).toBe('YOU SAID: HI');
  expect(streamed).toBe('YOU SAID: HI');
  expect(lines).toEqual([
    'shouting at gpt-4o-mini',
    'chat completed, n ms, 4 tokens',
    'shouting at gpt-4o-mini',
    'chat completed, n ms, 3 tokens',
  ]);
});

function recording(lines: string[]): Logger {
  const write = (_fields: object, message: string): void => void lines.push(message);
  return { debug: write, info: write, warn: write, error: write };
}
