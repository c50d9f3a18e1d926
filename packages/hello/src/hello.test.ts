import { LOGGER, controlLayer, provide, type Logger } from '@interpose/core';
import { interceptorSuite, recordEvents, scripted } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { hello, type HelloOptions } from './hello.ts';

// First the rules that hold for every interceptor.
describe('hello keeps the rules', () => {
  for (const { name, run } of interceptorSuite(() => hello())) test(name, run);
});

// Then what this one is for: a stack with scripted answers in the place of the provider.
async function linesOf(options?: HelloOptions): Promise<string[]> {
  const lines: string[] = [];
  const log = (level: string) => (_: object, message: string) => void lines.push(`${level}: ${message}`);
  const logger: Logger = {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
  };
  await using layer = controlLayer([
    provide(LOGGER, logger),
    hello(options),
    () => scripted([{ choices: [] }, { data: [] }]),
  ]);
  for (const path of ['chat/completions', 'embeddings']) {
    const response = await layer.fetch(`https://api.openai.com/v1/${path}`, { method: 'POST', body: '{}' });
    await response.text();
  }
  return lines;
}

test('greets each call once', async () => {
  expect(await linesOf()).toEqual(['info: hello, chat', 'info: hello, embeddings']);
});

test('greets as it is told', async () => {
  expect(await linesOf({ greeting: 'servus', level: 'debug' })).toEqual([
    'debug: servus, chat',
    'debug: servus, embeddings',
  ]);
});

test('lets a call go on whose greeting fails', async () => {
  const fails = (): never => {
    throw new Error('no paper');
  };
  const logger: Logger = { debug: fails, info: fails, warn: fails, error: fails };
  const answers = scripted([{ choices: [] }]);
  await using layer = controlLayer([provide(LOGGER, logger), hello(), () => answers]);
  using events = recordEvents(layer);
  const response = await layer.fetch('https://api.openai.com/v1/chat/completions', {
    method: 'POST',
    body: '{}',
  });
  expect(await response.json()).toEqual({ choices: [] });
  expect(events.lines.slice(0, 3)).toEqual(['start', 'fault hello open', 'attempt 1']);
});

test('checks its options when it is made, and describes itself', () => {
  expect(() => hello({ greeting: '' })).toThrow('hello: greeting must be a non-empty string, got ""');
  expect(hello().describe?.()).toEqual({ greeting: 'hello', level: 'info' });
});
