import { budget, memoryLedger } from '@interpose/budget';
import { guard } from '@interpose/guard';
import { interpose, layerOf, tags } from '@interpose/openai';
import { redact } from '@interpose/redact';
import { retry } from '@interpose/retry';
import { fakeProvider, overloaded, type FakeProvider, type ScriptedReply } from '@interpose/testing';
import { TrimError, trim, type TrimOptions } from '@interpose/trim';
import OpenAI, { BadRequestError } from 'openai';
import { expect, test } from 'vitest';

type Message = OpenAI.ChatCompletionMessageParam;

const LONG = 'word '.repeat(200);

/** So many exchanges of a bit more than 200 tokens, and a question. */
function talk(exchanges: number): Message[] {
  const history = Array.from({ length: exchanges }, (_, turn): Message[] => [
    { role: 'user', content: `question ${turn}` },
    { role: 'assistant', content: `answer ${turn}: ${LONG}` },
  ]);
  return [{ role: 'system', content: 'Be kind.' }, ...history.flat(), { role: 'user', content: 'And now?' }];
}

const bodies = (provider: FakeProvider): OpenAI.ChatCompletionCreateParams[] =>
  provider.requests.map(({ body }) => body as OpenAI.ChatCompletionCreateParams);

function clientOf({ baseURL }: FakeProvider, options: TrimOptions): OpenAI {
  return interpose(new OpenAI({ baseURL, apiKey: 'test' }), [trim(options)]);
}

test('a stream is of the trimmed conversation, and its response says so', async () => {
  await using provider = await fakeProvider();
  const openai = clientOf(provider, { maxInputTokens: 500 });
  const params = { model: 'gpt-4o', messages: talk(5), stream: true } as const;
  const { data, response } = await openai.chat.completions.create(params).withResponse();
  let text = '';
  for await (const chunk of data) text += chunk.choices[0]?.delta.content ?? '';
  expect(text).not.toBe('');
  expect(response.headers.get('x-interpose-trim')).toMatch(
    /^dropped=6, cleared=0, summarised=0, before=1\d{3}, after=4\d\d$/,
  );
  expect(bodies(provider)[0]?.messages.length).toBe(6);
});

test('tools that run in a loop keep every call with its result, and the loop its end', async () => {
  let step = 0;
  await using provider = await fakeProvider({
    replies: (): ScriptedReply => {
      step += 1;
      return step <= 6
        ? {
            toolCalls: [
              { name: 'look', arguments: { step } },
              { name: 'look', arguments: { step } },
            ],
          }
        : { text: 'done' };
    },
  });
  const openai = clientOf(provider, { maxInputTokens: 900, strategy: 'tool-outputs-first' });
  const look = {
    type: 'function' as const,
    function: {
      name: 'look',
      description: 'looks',
      parameters: { type: 'object', properties: {} },
      parse: (text: string) => JSON.parse(text) as object,
      function: () => LONG,
    },
  };
  const runner = openai.chat.completions.runTools({
    model: 'gpt-4o',
    messages: [{ role: 'user', content: 'Look around.' }],
    tools: [look],
  });
  expect(await runner.finalContent()).toBe('done');
  expect(provider.requests.length).toBe(7);
  for (const { messages } of bodies(provider)) {
    const called = messages
      .flatMap((message) => ('tool_calls' in message ? (message.tool_calls ?? []) : []))
      .map(({ id }) => id);
    const answered = messages.flatMap((message) => (message.role === 'tool' ? [message.tool_call_id] : []));
    expect(answered).toEqual(called);
  }
  const last = bodies(provider).at(-1)?.messages ?? [];
  expect(last.filter(({ content }) => content === LONG).length).toBeLessThanOrEqual(4);
});

test('what has to stay and does not fit is an error of the client and a TrimError', async () => {
  await using provider = await fakeProvider();
  const openai = clientOf(provider, { maxInputTokens: 50 });
  const error: unknown = await openai.chat.completions
    .create({ model: 'gpt-4o', messages: [{ role: 'user', content: LONG }] })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TrimError);
  expect(error).toBeInstanceOf(BadRequestError);
  expect(error).toMatchObject({ status: 400, code: 'context_too_long', maxInputTokens: 50 });
  expect(provider.requests).toEqual([]);
});

test('a summary goes through the stack: redacted, guarded, retried and charged as what it is', async () => {
  await using provider = await fakeProvider({
    script: [overloaded({ retryAfterMs: 1 }), { text: 'They spoke of the weather.' }],
  });
  const ledger = memoryLedger();
  const openai = interpose(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' }), [
    redact(),
    trim({
      maxInputTokens: 800,
      strategy: 'summarise',
      summarise: { model: 'gpt-4o-mini', maxOutputTokens: 100 },
    }),
    guard({ models: ['gpt-4o', 'gpt-4o-mini'], trusted: 'code', action: { trusted: 'fix' } }),
    retry({ delay: () => 1 }),
    budget({ ledger, limits: [{ per: 'endpoint', calls: 100, every: 'day' }] }),
  ]);
  const messages = talk(5);
  messages[1] = { role: 'user', content: 'I am jane.doe@example.com' };
  await openai.chat.completions.create({ model: 'gpt-4o', messages }, tags({ endpoint: 'chat' }));
  await layerOf(openai)?.close();
  expect(bodies(provider).map(({ model }) => model)).toEqual(['gpt-4o-mini', 'gpt-4o-mini', 'gpt-4o']);
  const [, summary, call] = bodies(provider);
  expect(summary?.messages.map(({ role }) => role)).toEqual(['system', 'user']);
  expect(String(summary?.messages[1]?.content)).toContain('I am [EMAIL]');
  expect(call?.messages[0]?.role).toBe('user');
  expect(String(call?.messages[1]?.content)).toMatch(/They spoke of the weather\.$/);
  const rows = await ledger.spend({ by: ['endpoint', 'model'] });
  expect(rows.map(({ endpoint, model, calls }) => `${endpoint} ${model} ${calls}`).toSorted()).toEqual([
    'chat gpt-4o 1',
    'chat gpt-4o-mini 2',
  ]);
});

test('an abort while a summary is made reaches the provider, and nothing else is sent', async () => {
  await using provider = await fakeProvider({ script: [{ latency: 60_000 }] });
  const openai = clientOf(provider, {
    maxInputTokens: 800,
    strategy: 'summarise',
    summarise: { model: 'gpt-4o-mini' },
  });
  const controller = new AbortController();
  const call = openai.chat.completions.create(
    { model: 'gpt-4o', messages: talk(8) },
    { signal: controller.signal },
  );
  const failed = call.then(
    () => 'answered',
    (error: unknown) => (error as Error).name,
  );
  while (provider.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  expect(await failed).toBe('Error');
  while (provider.requests[0]?.status === 'open') await new Promise((resolve) => setImmediate(resolve));
  expect(provider.requests.map(({ status }) => status)).toEqual(['client-closed']);
});
