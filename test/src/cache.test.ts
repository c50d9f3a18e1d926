import { cache } from '@interpose/cache';
import { interpose, layerOf, tags } from '@interpose/openai';
import { retry } from '@interpose/retry';
import { fakeProvider, overloaded, type FakeProvider } from '@interpose/testing';
import { transport } from '@interpose/transport';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';

// The official client over real HTTP, with everything that it can do to an answer.
let provider: FakeProvider;
let openai: OpenAI;

beforeEach(async () => {
  provider = await fakeProvider();
  openai = interpose(new OpenAI({ apiKey: 'test', baseURL: provider.baseURL }), [
    cache(),
    retry({ delay: () => 1 }),
    transport(),
  ]);
});

afterEach(async () => {
  await layerOf(openai)?.close();
  await provider.close();
});

const MESSAGES = [{ role: 'user' as const, content: 'Good morning, how are you?' }];
const CHAT = { model: 'gpt-4o-mini', temperature: 0, messages: MESSAGES };
const RESPONSE = { model: 'gpt-4o-mini', temperature: 0, input: 'Good morning' };

describe('the client gets from the cache what it got from the provider', () => {
  test('create, with its response and the id of its request', async () => {
    const first = await openai.chat.completions.create(CHAT).withResponse();
    const again = await openai.chat.completions.create(CHAT).withResponse();
    expect(again.data).toEqual(first.data);
    expect(again.request_id).toBe(first.request_id);
    expect(again.response.headers.get('x-interpose-cache')).toBe('hit');
    // Each its own object: one may be changed without the other.
    expect(again.data).not.toBe(first.data);
    expect(provider.requests).toHaveLength(1);
  });

  test('stream, as events and as what they come to', async () => {
    const collect = async (): Promise<unknown[]> => {
      const all: unknown[] = [];
      for await (const chunk of await openai.chat.completions.create({ ...CHAT, stream: true }))
        all.push(chunk);
      return all;
    };
    const first = await collect();
    expect(first.length).toBeGreaterThan(3);
    expect(await collect()).toEqual(first);
    const whole = await openai.chat.completions.stream(CHAT).finalChatCompletion();
    const plain = await openai.chat.completions.create(CHAT);
    expect(whole.choices[0]?.message.content).toBe(plain.choices[0]?.message.content);
    expect(provider.requests).toHaveLength(1);
  });

  test('parse', async () => {
    const params = { ...CHAT, response_format: zodResponseFormat(z.object({ mood: z.string() }), 'mood') };
    const first = await openai.chat.completions.parse(params);
    const again = await openai.chat.completions.parse(params);
    expect(again.choices[0]?.message.parsed).toEqual(first.choices[0]?.message.parsed);
    expect(provider.requests).toHaveLength(1);
  });

  test('responses, plain after streamed', async () => {
    let final: unknown;
    for await (const event of await openai.responses.create({ ...RESPONSE, stream: true })) {
      if (event.type === 'response.completed') final = event.response;
    }
    const plain = await openai.responses.create(RESPONSE);
    expect(plain.output_text.length).toBeGreaterThan(0);
    expect(plain).toMatchObject({ id: (final as { id: string }).id });
    expect(provider.requests).toHaveLength(1);
  });

  test('responses, streamed after plain', async () => {
    const plain = await openai.responses.create(RESPONSE);
    const stream = openai.responses.stream(RESPONSE);
    expect((await stream.finalResponse()).output_text).toBe(plain.output_text);
    expect(provider.requests).toHaveLength(1);
  });

  test('embeddings and moderations', async () => {
    const ask = async (): Promise<unknown> => [
      await openai.embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'b'] }),
      await openai.moderations.create({ input: 'a' }),
    ];
    expect(await ask()).toEqual(await ask());
    expect(provider.requests).toHaveLength(2);
  });
});

test('a thousand identical calls in flight cost one, plain and streamed', async () => {
  const plain = Array.from({ length: 500 }, () => openai.chat.completions.create(CHAT));
  const streamed = Array.from({ length: 500 }, () =>
    openai.chat.completions.stream(CHAT).finalChatCompletion(),
  );
  const texts = (await Promise.all([...plain, ...streamed])).map(
    ({ choices }) => choices[0]?.message.content,
  );
  expect(new Set(texts).size).toBe(1);
  expect(provider.requests).toHaveLength(1);
});

test('the one who asked first leaves in the middle, and nobody else is harmed', async () => {
  provider.script({ drip: 10 });
  const leaving = new AbortController();
  const ask = (options = {}) => openai.chat.completions.create({ ...CHAT, stream: true }, options);
  const first = await ask({ signal: leaving.signal });
  const others = [await ask(), await ask()];
  for await (const _chunk of first) leaving.abort();
  const texts = await Promise.all(
    others.map(async (stream) => {
      let text = '';
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
      return text;
    }),
  );
  expect(texts[0]).toBe(texts[1]);
  expect(texts[0]?.length).toBeGreaterThan(0);
  expect(provider.requests).toHaveLength(1);
});

test('who breaks off alone stops the provider, and what came is not kept', async () => {
  provider.script({ drip: 10 });
  for await (const _chunk of await openai.chat.completions.create({ ...CHAT, stream: true })) break;
  await expect.poll(() => provider.requests[0]?.status).toBe('client-closed');
  await openai.chat.completions.create(CHAT);
  expect(provider.requests).toHaveLength(2);
});

test('what was retried is kept as one answer, and a failure is not', async () => {
  provider.script(overloaded());
  await openai.chat.completions.create(CHAT);
  await openai.chat.completions.create(CHAT);
  expect(provider.requests).toHaveLength(2);
});

test('tenants are kept apart, by the options of a request', async () => {
  for (const tenant of ['a', 'b', 'a']) await openai.chat.completions.create(CHAT, tags({ tenant }));
  expect(provider.requests).toHaveLength(2);
  await expect(openai.chat.completions.create(CHAT)).rejects.toMatchObject({
    code: 'cache_partition_missing',
  });
});
