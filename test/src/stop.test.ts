import { budget, memoryLedger } from '@interpose/budget';
import { cache } from '@interpose/cache';
import { PRICES, provide, withTags, type Outcome, type StackEntry } from '@interpose/core';
import { interpose, layerOf } from '@interpose/openai';
import { redact } from '@interpose/redact';
import { retry } from '@interpose/retry';
import { stop } from '@interpose/stop';
import { fakeProvider, type FakeProvider } from '@interpose/testing';
import { timeout } from '@interpose/timeout';
import { transport } from '@interpose/transport';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { until } from './openai-rig.test-support.ts';

const WORDS = Array.from({ length: 200 }, (_, index) => `w${index}`);
const TEXT = `${WORDS.slice(0, 5).join(' ')} END ${WORDS.slice(5).join(' ')}`;
const BEFORE = `${WORDS.slice(0, 5).join(' ')} `;
const PARAMS = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'hello' }] };

function clientOf(
  { baseURL }: FakeProvider,
  stack: readonly StackEntry[] = [],
  outcomes: Outcome[] = [],
): OpenAI {
  return interpose(new OpenAI({ baseURL, apiKey: 'test' }), [
    (next) => async (call) => {
      const reply = await next(call);
      void reply.outcome.then((outcome) => outcomes.push(outcome));
      return reply;
    },
    stop({ when: 'END' }),
    ...stack,
    transport(),
  ]);
}

describe('the helpers of the client end cleanly', () => {
  test('of chat', async () => {
    await using provider = await fakeProvider({ replies: { text: TEXT, drip: 1 } });
    const stream = clientOf(provider).chat.completions.stream({
      ...PARAMS,
      stream_options: { include_usage: true },
    });
    const done: string[] = [];
    stream.on('content.done', ({ content }) => done.push(content));
    const { choices, usage } = await stream.finalChatCompletion();
    expect([choices[0]?.message.content, choices[0]?.finish_reason, done]).toEqual([
      BEFORE,
      'stop',
      [BEFORE],
    ]);
    expect([usage?.prompt_tokens, usage?.completion_tokens]).toEqual([expect.any(Number), 5]);
    await until(() => provider.requests[0]?.status === 'client-closed');
  });

  test('of responses', async () => {
    await using provider = await fakeProvider({ replies: { text: TEXT, reasoning: 'well', drip: 1 } });
    const stream = clientOf(provider).responses.stream({ model: 'gpt-5', input: 'hello' });
    const types: string[] = [];
    let numbers = 0;
    stream.on('event', ({ type, sequence_number: number }) => {
      types.push(type);
      expect(number).toBe(numbers++);
    });
    const response = await stream.finalResponse();
    expect([response.status, response.output_text, response.output.map(({ type }) => type)]).toEqual([
      'completed',
      BEFORE,
      ['reasoning', 'message'],
    ]);
    expect(types.slice(-4)).toEqual([
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    await until(() => provider.requests[0]?.status === 'client-closed');
  });

  test('of completions, which have none', async () => {
    await using provider = await fakeProvider({ replies: { text: TEXT, drip: 1 } });
    const params = { model: 'gpt-3.5-turbo-instruct', prompt: 'hello', stream: true as const };
    const chunks: string[] = [];
    for await (const { choices } of await clientOf(provider).completions.create(params)) {
      chunks.push(`${choices[0]?.text} ${choices[0]?.finish_reason}`);
    }
    expect(chunks.at(-1)).toBe(' stop');
    await until(() => provider.requests[0]?.status === 'client-closed');
  });

  test('of tool calls that are ended with their arguments', async () => {
    const toolCalls = [{ name: 'add', arguments: '{"a":1}      and on and on and on' }];
    await using provider = await fakeProvider({ replies: { toolCalls, drip: 1 } });
    const bare = new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' });
    const client = interpose(bare, [stop({ when: { json: 'whole' }, channels: ['arguments'] })]);
    const tools = [{ type: 'function' as const, function: { name: 'add', parameters: {} } }];
    const { choices } = await client.chat.completions.stream({ ...PARAMS, tools }).finalChatCompletion();
    const call = choices[0]?.message.tool_calls?.[0];
    expect(call?.type === 'function' && call.function.arguments).toBe('{"a":1}');
    await until(() => provider.requests[0]?.status === 'client-closed');
  });
});

test('a plain reply says what the stream says', async () => {
  await using provider = await fakeProvider({ replies: { text: TEXT } });
  const { choices } = await clientOf(provider).chat.completions.create(PARAMS);
  expect(choices[0]?.message.content).toBe(BEFORE);
});

test('the budget settles what was really written: not nothing, and not what was held', async () => {
  // Pulled event by event, so that nothing is written that nobody reads.
  const provider = fakeProvider.inProcess({ replies: { text: TEXT } });
  const ledger = memoryLedger();
  const bare = new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', fetch: provider.fetch });
  const openai = interpose(bare, [
    stop({ when: 'END' }),
    retry(),
    budget({ ledger, limits: [{ per: 'all', tokens: 100_000, every: 'ever' }] }),
    provide(PRICES, { price: () => 1 }),
  ]);
  for (let call = 0; call < 10; call++) {
    const stream = await openai.chat.completions.create({
      ...PARAMS,
      stream: true,
      max_completion_tokens: 4000,
    });
    for await (const _ of stream);
  }
  await layerOf(openai)?.close();
  const [spent] = await ledger.spend({});
  const written = provider.ledger.entries.reduce((sum, { outputTokens }) => sum + outputTokens, 0);
  // Each stream has one event more than it has tokens: the one that opens it.
  expect([spent?.calls, spent?.outputTokens, written]).toEqual([10, written + 10, 60]);
  expect(provider.ledger.entries.every(({ completed }) => !completed)).toBe(true);
});

test('a cache keeps no stopped answer, and cuts none that it kept whole', async () => {
  await using provider = await fakeProvider({ replies: { text: TEXT, drip: 1 } });
  const outcomes: Outcome[] = [];
  const openai = clientOf(provider, [cache()], outcomes);
  const read = async (cached: Record<string, string> = {}): Promise<string> => {
    let text = '';
    const stream = await withTags(cached, () =>
      openai.chat.completions.create({ ...PARAMS, temperature: 0, stream: true }),
    );
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
    return text;
  };
  expect([await read(), await read(), provider.requests.length]).toEqual([BEFORE, BEFORE, 2]);
  // Plain, and whole in the cache: the stream that is answered from there ends where every other does.
  const plain = await openai.chat.completions.create({ ...PARAMS, temperature: 0 });
  expect(plain.choices[0]?.message.content).toBe(BEFORE);
  await until(() => outcomes.length === 3);
  expect([await read(), provider.requests.length]).toEqual([BEFORE, 3]);
  expect(outcomes.map(({ status, stoppedBy }) => `${status} ${stoppedBy}`)).toEqual([
    'completed stop',
    'completed stop',
    'completed undefined',
    'completed stop',
  ]);
});

test('in a whole stack a stop is no failure, and nothing is asked again', async () => {
  await using provider = await fakeProvider({ replies: { text: TEXT, drip: 1 } });
  const outcomes: Outcome[] = [];
  const stack = [redact(), cache(), retry(), timeout({ attempt: '1m', betweenContent: '10s' })];
  const openai = clientOf(provider, stack, outcomes);
  const { choices } = await openai.chat.completions.stream(PARAMS).finalChatCompletion();
  expect([choices[0]?.message.content, provider.requests.length]).toEqual([BEFORE, 1]);
  expect(outcomes[0]).toMatchObject({ status: 'completed', stoppedBy: 'stop' });
  await until(() => provider.requests[0]?.status === 'client-closed');
});
