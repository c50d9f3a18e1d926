import { createServer, type AddressInfo, type Socket } from 'node:net';
import { CLOCK, RANDOM, ReplyError, controlLayer, provide } from '@interpose/core';
import { interpose } from '@interpose/openai';
import { RetryError, retry, type RetryOptions } from '@interpose/retry';
import {
  fakeClock,
  fakeProvider,
  overloaded,
  quotaExhausted,
  rateLimited,
  type ScriptedReply,
} from '@interpose/testing';
import OpenAI, { APIConnectionError, APIError, RateLimitError } from 'openai';
import { describe, expect, test } from 'vitest';

const MESSAGES = [{ role: 'user' as const, content: 'hello' }];
const chat = (client: OpenAI): Promise<OpenAI.ChatCompletion> =>
  client.chat.completions.create({ model: 'gpt-5', messages: MESSAGES });

/** The official client as it comes, retries and all, with a layer beneath it. */
function clientOf({ baseURL }: { baseURL: string }, options: RetryOptions = {}): OpenAI {
  return interpose(new OpenAI({ baseURL, apiKey: 'test' }), [retry({ delay: () => 1, ...options })]);
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const ALWAYS: Readonly<Record<string, ScriptedReply>> = {
  'always 429': rateLimited({ retryAfterMs: 1 }),
  'always 503': overloaded(),
  'always 500': { status: 500 },
  'a refused connection': { refuse: true },
  'a reset after the headers': { headers: { 'x-cut': 'yes' }, cut: { atByte: 0, how: 'reset' } },
  'JSON that is malformed': { malformed: 'json' },
};

describe('beneath the client with its default of two retries, the requests are those that retry decided on', () => {
  test.each(Object.entries(ALWAYS))('%s', async (_, reply) => {
    await using provider = await fakeProvider({ replies: reply });
    const counts: number[] = [];
    for (const maxAttempts of [1, 2, 4]) {
      const before = provider.requests.length;
      await errorOf(chat(clientOf(provider, { maxAttempts })));
      counts.push(provider.requests.length - before);
    }
    expect(counts).toEqual([1, 2, 4]);
  });

  test('a port where nobody listens', async () => {
    const provider = await fakeProvider();
    const { baseURL } = provider;
    await provider.close();
    let attempts = 0;
    const layer = controlLayer([retry({ delay: () => 1 })]);
    layer.events.on('*', ({ type }) => void (type === 'attempt' && attempts++));
    const error = await errorOf(chat(interpose(new OpenAI({ baseURL, apiKey: 'test' }), layer)));
    expect([attempts, error]).toEqual([4, expect.any(RetryError)]);
    expect(error).toBeInstanceOf(APIConnectionError);
    expect(error).toMatchObject({
      code: 'retries_exhausted',
      attempts: 4,
      failure: { code: 'ECONNREFUSED' },
    });
  });

  test.each(Object.keys(quotaExhausted))('a spent quota told as %s: one', async (name) => {
    await using provider = await fakeProvider({ replies: quotaExhausted[name]!() });
    const error = await errorOf(chat(clientOf(provider)));
    expect([provider.requests.length, error]).toEqual([1, expect.any(RateLimitError)]);
    expect(error).not.toBeInstanceOf(RetryError);
  });

  test('a client that is asked for more retries per request does not make them', async () => {
    await using provider = await fakeProvider({ replies: overloaded() });
    const client = clientOf(provider, { maxAttempts: 2 }).withOptions({ maxRetries: 9 });
    await errorOf(client.chat.completions.create({ model: 'gpt-5', messages: MESSAGES }, { maxRetries: 5 }));
    expect(provider.requests.length).toBe(2);
  });

  test('a client with the layer as its fetch, and nobody to switch its retries off', async () => {
    const counts: Record<string, number> = {};
    const shapes = {
      ...ALWAYS,
      ...Object.fromEntries(Object.entries(quotaExhausted).map(([n, s]) => [n, s()])),
    };
    for (const [name, reply] of Object.entries(shapes)) {
      await using provider = await fakeProvider({ replies: reply });
      const { fetch } = controlLayer([retry({ delay: () => 1 })]);
      await errorOf(chat(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', fetch })));
      counts[name] = provider.requests.length;
    }
    expect(counts).toEqual(
      Object.fromEntries(Object.keys(shapes).map((name) => [name, name in quotaExhausted ? 1 : 4])),
    );
  });

  test('a stack without retry leaves the client its own', async () => {
    const reply = rateLimited({ retryAfterMs: 1 });
    await using provider = await fakeProvider({ replies: reply });
    await errorOf(chat(interpose(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' }), [])));
    expect(provider.requests.map(({ headers }) => headers['x-stainless-retry-count'])).toEqual([
      '0',
      '1',
      '2',
    ]);
  });
});

describe('over real HTTP', () => {
  test.each(Object.entries(ALWAYS))('%s, once, is not seen by the caller', async (_, reply) => {
    await using provider = await fakeProvider({ script: [reply] });
    const { choices } = await chat(clientOf(provider));
    expect([choices[0]?.message.content, provider.requests.length]).toEqual(['You said: hello', 2]);
    const keys = provider.requests.map(({ headers }) => headers['idempotency-key']);
    expect([keys[0], keys[1]?.startsWith('call_')]).toEqual([keys[1], true]);
    expect(provider.requests.map(({ headers }) => headers['x-stainless-retry-count'])).toEqual(['0', '1']);
  });

  test('a reset in the middle of the headers, once, is not seen by the caller', async () => {
    const body = JSON.stringify({ choices: [{ index: 0, message: { content: 'hello back' } }] });
    const whole = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    let requests = 0;
    const answer = (socket: Socket): void => {
      if (++requests === 2) socket.end(whole);
      else socket.write(whole.slice(0, 40), () => socket.resetAndDestroy());
    };
    const server = createServer((socket) => void socket.once('data', () => answer(socket)));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { choices } = await chat(clientOf({ baseURL: `http://127.0.0.1:${port}/v1` }));
    server.close();
    expect([choices[0]?.message.content, requests]).toEqual(['hello back', 2]);
  });

  test('connections of failed attempts are used again', async () => {
    await using provider = await fakeProvider({ script: [overloaded(), overloaded(), rateLimited()] });
    await chat(clientOf(provider));
    await chat(clientOf(provider));
    expect(provider.requests.map(({ status }) => status)).toEqual(Array(5).fill('finished'));
  });

  test('the last failure is an error of the client and of retry at once, with what the provider said', async () => {
    await using provider = await fakeProvider({ replies: rateLimited({ retryAfterMs: 2 }) });
    const error = await errorOf(chat(clientOf(provider, { maxAttempts: 2 })));
    expect([RetryError, RateLimitError, APIError].map((type) => error instanceof type)).toEqual([
      true,
      true,
      true,
    ]);
    expect(error).toMatchObject({
      name: 'RetryError',
      code: 'retries_exhausted',
      status: 429,
      attempts: 2,
      retryAfterMs: 2,
      failure: { kind: 'rate_limited', code: 'rate_limit_exceeded' },
      error: { code: 'rate_limit_exceeded' },
    });
  });

  test('a wait of 61 s is not made, and the caller is told of it', async () => {
    await using provider = await fakeProvider({ replies: rateLimited({ retryAfter: 61 }) });
    const error = await errorOf(chat(clientOf(provider)));
    expect(error).toMatchObject({ code: 'retry_after_too_long', retryAfterMs: 61_000, attempts: 1 });
    expect(provider.requests.length).toBe(1);
  });

  test('a date is obeyed to the second', async () => {
    const clock = fakeClock();
    const date = new Date(clock.now() + 7000);
    await using provider = await fakeProvider({ script: [rateLimited({ retryAfter: date })] });
    const plugins = [provide(CLOCK, clock), provide(RANDOM, { next: () => 0 }), retry()];
    const answer = chat(interpose(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' }), plugins));
    while (clock.pending === 0) await new Promise(setImmediate);
    await clock.advance(6999);
    expect(provider.requests.length).toBe(1);
    await clock.advance(1);
    await answer;
    expect([provider.requests.length, ...clock.waits]).toEqual([2, 7000]);
  });
});

describe('a stream over real HTTP', () => {
  const words = async (client: OpenAI): Promise<string[]> => {
    const stream = await client.chat.completions.create({ model: 'gpt-5', messages: MESSAGES, stream: true });
    const read: string[] = [];
    try {
      for await (const { choices } of stream) read.push(choices[0]?.delta.content ?? '');
    } catch (error) {
      read.push(error instanceof ReplyError ? error.code : String(error));
    }
    return read;
  };

  test.each([
    ['is cut before its first content', { cut: { afterEvents: 1 } }],
    ['is reset before its first content', { cut: { afterEvents: 1, how: 'reset' } }],
    [
      'tells of an error before its first content',
      { errorInStream: { afterEvents: 1, error: { message: '', type: 'server_error' } } },
    ],
    ['is empty', { events: [], omitDone: true }],
    ['is malformed', { malformed: 'json' }],
  ] satisfies [string, ScriptedReply][])(
    'that %s comes whole, without a second beginning',
    async (_, reply) => {
      await using provider = await fakeProvider({ script: [reply] });
      expect(await words(clientOf(provider))).toEqual(['', 'You', ' said', ':', ' hello', '']);
      expect(provider.requests.length).toBe(2);
    },
  );

  test.each([
    ['cut', { cut: { afterEvents: 3 } }, 'reply_network'],
    ['reset', { cut: { afterEvents: 3, how: 'reset' } }, 'reply_network'],
    [
      'left without an end',
      {
        events: [2, 3].map((n) => ({ choices: [{ index: 0, delta: { content: `${n}` } }] })),
        omitDone: true,
      },
      'reply_truncated',
    ],
  ] satisfies [string, ScriptedReply, string][])(
    'that is %s after its first content is a typed error',
    async (_, reply, code) => {
      await using provider = await fakeProvider({ script: [reply] });
      expect((await words(clientOf(provider))).at(-1)).toBe(code);
      expect(provider.requests.length).toBe(1);
    },
  );
});
