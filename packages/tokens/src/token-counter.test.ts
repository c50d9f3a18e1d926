import type { TokenCounter } from '@interpose/core';
import { callOf } from '@interpose/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tokenCounter } from './token-counter.ts';

type Params = Readonly<Record<string, unknown>>;

const counter = tokenCounter({ aliases: { prod: 'gpt-4' } });
const input = (operation: string, params: Params, by: TokenCounter = counter): number | Promise<number> =>
  by.input(callOf({ operation, params }));
const chat = (params: Params): number | Promise<number> => input('chat', { model: 'gpt-4o', ...params });
const user = (content: unknown): Params => ({ messages: [{ role: 'user', content }] });

// https://github.com/openai/openai-cookbook, "How to count tokens with tiktoken": requests, and what the API billed for them.
const jargon = [
  {
    role: 'system',
    content:
      'You are a helpful, pattern-following assistant that translates corporate jargon into plain English.',
  },
  { role: 'system', name: 'example_user', content: 'New synergies will help drive top-line growth.' },
  {
    role: 'system',
    name: 'example_assistant',
    content: 'Things working well together will increase revenue.',
  },
  {
    role: 'system',
    name: 'example_user',
    content:
      "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
  },
  {
    role: 'system',
    name: 'example_assistant',
    content: "Let's talk later when we're less busy about how to do better.",
  },
  {
    role: 'user',
    content: "This late pivot means we don't have time to boil the ocean for the client deliverable.",
  },
];
const weather = {
  messages: [
    {
      role: 'system',
      content: 'You are a helpful assistant that can answer to questions about the weather.',
    },
    { role: 'user', content: "What's the weather like in San Francisco?" },
  ],
  tools: [
    {
      type: 'function',
      function: {
        name: 'get_current_weather',
        description: 'Get the current weather in a given location',
        parameters: {
          type: 'object',
          properties: {
            location: { type: 'string', description: 'The city and state, e.g. San Francisco, CA' },
            unit: {
              type: 'string',
              description: 'The unit of temperature to return',
              enum: ['celsius', 'fahrenheit'],
            },
          },
          required: ['location', 'unit'],
        },
      },
    },
  ],
};

test('the first answer is a promise, later ones are numbers', async () => {
  const fresh = tokenCounter();
  const first = fresh.text('hello world');
  expect(first).toBeInstanceOf(Promise);
  expect(await first).toBe(2);
  expect(fresh.text('hello world', 'gpt-5')).toBe(2);
  expect(fresh.text('hello world', 'gpt-4')).toBeInstanceOf(Promise);
});

test('messages come to what OpenAI bills for them', async () => {
  expect(await chat({ messages: jargon })).toBe(124);
  expect(await chat({ model: 'gpt-4', messages: jargon })).toBe(129);
  expect(await chat({ model: 'gpt-3.5-turbo', messages: jargon })).toBe(129);
  expect(await chat({ model: 'prod', messages: jargon })).toBe(129);
  expect(await chat({ model: 'unheard-of', messages: jargon })).toBe(124);
});

test('tools come to what is billed at least, and not to much more', async () => {
  const tokens = await chat(weather);
  expect(tokens).toBeGreaterThanOrEqual(101);
  expect(tokens).toBeLessThan(101 * 1.5);
});

test('a schema for the answer counts, and the calls of tools do', async () => {
  const plain = await chat(user('hello'));
  const schema = { type: 'object', properties: { city: { type: 'string' } } };
  const asked = { response_format: { type: 'json_schema', json_schema: { name: 'city', schema } } };
  expect(await chat({ ...user('hello'), ...asked })).toBeGreaterThan(plain + 10);
  const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"city":"Rome"}' } };
  const messages = [
    ...(user('hello')['messages'] as object[]),
    { role: 'assistant', content: null, tool_calls: [call] },
  ];
  expect(await chat({ messages })).toBeGreaterThan(plain + 12);
});

test('images count as large as they may be', async () => {
  const plain = await chat(user([]));
  const cost = async (model: string, detail?: string): Promise<number> => {
    const part = { type: 'image_url', image_url: { url: 'https://a/b.png', detail } };
    return (await chat({ model, ...user([part]) })) - plain;
  };
  const models = [
    'gpt-4o',
    'gpt-4o-mini',
    'gpt-5',
    'o3',
    'gpt-4.1-mini',
    'openai/o4-mini',
    'gpt-5-nano',
    'gpt-5.4',
    'gpt-5.5',
  ];
  const table = [];
  for (const model of models) {
    table.push(`${model} ${await cost(model, 'low')} ${await cost(model, 'high')} ${await cost(model)}`);
  }
  expect(table).toEqual([
    'gpt-4o 85 1445 1445',
    'gpt-4o-mini 2833 48169 48169',
    'gpt-5 70 1190 1190',
    'o3 75 1275 1275',
    'gpt-4.1-mini 415 2489 2489',
    'openai/o4-mini 441 2642 2642',
    'gpt-5-nano 630 3779 3779',
    'gpt-5.4 308 3000 3000',
    'gpt-5.5 308 3000 12000',
  ]);
});

test('sound and files count by their length', async () => {
  const plain = await chat(user([]));
  const cost = async (part: object): Promise<number> => (await chat(user([part]))) - plain;
  // A second of telephone quality is ten tokens.
  const data = Buffer.alloc(8000).toString('base64');
  expect(await cost({ type: 'input_audio', input_audio: { data, format: 'wav' } })).toBe(11);
  expect(await cost({ type: 'input_audio', input_audio: { data, format: 'mp3' } })).toBe(81);
  expect(await cost({ type: 'file', file: { file_data: data } })).toBeGreaterThanOrEqual(8000);
  expect(await cost({ type: 'file', file: { file_id: 'file_1' } })).toBe(0);
});

test('responses', async () => {
  const hello = await input('responses', { model: 'gpt-4o', input: 'hello' });
  expect(hello).toBe(3 + 3 + 1 + 1);
  const message = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hello' }] };
  expect(await input('responses', { model: 'gpt-4o', input: [message] })).toBe(hello);
  expect(await input('responses', { model: 'gpt-4o', input: 'hello', instructions: 'Be brief' })).toBe(
    hello + 3 + 1 + 2,
  );
  const output = [{ type: 'input_image', image_url: 'https://a/b.png', detail: 'low' }];
  const items = [message, { type: 'function_call_output', call_id: 'c', output }];
  expect(await input('responses', { model: 'gpt-4o', input: items })).toBe(hello + 3 + 85);
  const call = { type: 'function_call', name: 'look', arguments: '{"city":"Rome"}', call_id: 'c' };
  expect(await input('responses', { model: 'gpt-4o', input: [message, call] })).toBeGreaterThan(hello + 8);
  const tools = weather.tools.map((tool) => ({ type: 'function', ...tool.function }));
  expect(await input('responses', { model: 'gpt-4o', input: 'hello', tools })).toBeGreaterThan(hello + 40);
});

test('the other operations', async () => {
  const model = 'text-embedding-3-small';
  expect(await input('embeddings', { model, input: 'hello world' })).toBe(2);
  expect(await input('embeddings', { model, input: ['hello world', 'hello'] })).toBe(3);
  expect(await input('embeddings', { model, input: [1, 2, 3, 4] })).toBe(4);
  expect(await input('embeddings', { model, input: [[1, 2], [3]] })).toBe(3);
  expect(await input('completions', { model: 'davinci-002', prompt: 'hello world', suffix: ' hello' })).toBe(
    3,
  );
  expect(await input('moderations', { input: 'hello world' })).toBe(0);
  expect(await input('images', { model: 'gpt-image-1', prompt: 'hello world', user: 'u_1' })).toBe(2);
  expect(
    await input('audio', { model: 'gpt-4o-mini-tts', input: 'hello world', instructions: undefined }),
  ).toBe(2);
});

test('what it comes to at most is said at once, and is never less', () => {
  const texts = fc.oneof(fc.string({ unit: 'grapheme' }), fc.lorem(), fc.constant(' \n\n  x'));
  const parts = fc.oneof(
    texts.map((text) => ({ type: 'text', text })),
    fc.constant({ type: 'image_url', image_url: { url: 'https://x.test/a.png' } }),
  );
  const messages = fc.array(
    fc.record({
      role: fc.constantFrom('user', 'assistant', 'tool', 'system'),
      content: fc.oneof(texts, fc.array(parts)),
    }),
  );
  const tools = fc.option(fc.constant(weather.tools), { nil: undefined });
  return fc.assert(
    fc.asyncProperty(messages, tools, async (said, offered) => {
      const request = callOf({ params: { model: 'gpt-4o', messages: said, tools: offered } });
      expect(counter.atMost?.(request)).toBeGreaterThanOrEqual(await counter.input(request));
    }),
  );
});

test('the tokenizer gets so much of a request, and the rest counts by its bytes', async () => {
  const small = tokenCounter({ maxExactChars: 100 });
  const text = Array.from({ length: 200 }, (_, i) => `word${i.toString(36)}`).join(' ');
  expect(await small.text(text)).toBeGreaterThan(await counter.text(text));
  expect(await input('chat', user(text), small)).toBeLessThan(text.length + 20);
});

test("what is wrong in a request is the provider's to tell", async () => {
  const odd: Params[] = [
    { messages: null },
    { messages: [null, 1, 'x'] },
    user([null, { type: 'image_url' }, 'x']),
  ];
  for (const params of odd) expect(await chat(params)).toBeGreaterThanOrEqual(3);
  expect(
    await input('responses', { input: [null, 'x', { type: 'reasoning', summary: [] }] }),
  ).toBeGreaterThan(3);
  expect(await input('embeddings', { input: null })).toBe(0);
});
