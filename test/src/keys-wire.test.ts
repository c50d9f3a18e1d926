import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { cache } from '@interpose/cache';
import { CLOCK, LOGGER, provide, type LayerEvent, type StackEntry } from '@interpose/core';
import { KeysExhaustedError, keyFile, keys, type KeysOptions } from '@interpose/keys';
import { log } from '@interpose/log';
import { interpose, layerOf, tags } from '@interpose/openai';
import { retry } from '@interpose/retry';
import {
  fakeClock,
  fakeProvider,
  quotaExhausted,
  rateLimited,
  unauthorized,
  type FakeProvider,
} from '@interpose/testing';
import { trace } from '@interpose/trace';
import { transport } from '@interpose/transport';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import OpenAI, { APIError, RateLimitError } from 'openai';
import { describe, expect, test } from 'vitest';

const MESSAGES = [{ role: 'user' as const, content: 'hello' }];
const chat = (client: OpenAI, options?: OpenAI.RequestOptions): Promise<OpenAI.ChatCompletion> =>
  client.chat.completions.create({ model: 'gpt-4o-mini', messages: MESSAGES }, options);

function clientOf({ baseURL }: FakeProvider, options: KeysOptions, ...outside: StackEntry[]): OpenAI {
  return interpose(new OpenAI({ baseURL, apiKey: 'of-the-client' }), [...outside, keys(options)]);
}

/** The keys that reached the provider, in order. */
const arrived = ({ requests }: FakeProvider): (string | undefined)[] =>
  requests.map(({ headers }) => headers['authorization']?.replace('Bearer ', ''));

const thrown = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

const now = retry({ delay: () => 0 });
const insufficientQuota = quotaExhausted['insufficientQuota']?.() ?? {};

describe('over HTTP', () => {
  test('calls of all sorts take turns, plain, streamed and in a helper', async () => {
    await using provider = await fakeProvider();
    const openai = clientOf(provider, { keys: ['sk-a', 'sk-b'] }, transport());
    await chat(openai);
    for await (const chunk of await openai.chat.completions.create({
      model: 'm',
      messages: MESSAGES,
      stream: true,
    }))
      void chunk;
    await openai.embeddings.create({ model: 'text-embedding-3-small', input: 'x' });
    await openai.chat.completions.stream({ model: 'm', messages: MESSAGES }).finalContent();
    await openai.responses.create({ model: 'm', input: 'x' });
    expect(arrived(provider)).toEqual(['sk-a', 'sk-b', 'sk-a', 'sk-b', 'sk-a']);
    await layerOf(openai)?.close();
  });

  test.each([
    ['limited', rateLimited({ retryAfterMs: 50_000 })],
    ['out of its quota', insufficientQuota],
    ['refused', unauthorized()],
  ])('a key that is %s is followed by another one with the next attempt, at once', async (_, reply) => {
    await using provider = await fakeProvider({ script: [reply] });
    const openai = clientOf(provider, { keys: ['sk-a', 'sk-b'] }, now);
    for (let call = 0; call < 3; call++) await chat(openai);
    expect(arrived(provider)).toEqual(['sk-a', 'sk-b', 'sk-b', 'sk-b']);
  });

  test("the client's own retries take another key as well, where no unit retries", async () => {
    await using provider = await fakeProvider({ script: [unauthorized(), insufficientQuota] });
    const openai = clientOf(provider, { keys: ['sk-a', 'sk-b', 'sk-c'] });
    await chat(openai);
    expect(arrived(provider)).toEqual(['sk-a', 'sk-b', 'sk-c']);
  });

  test('when all are limited, retries wait for the first that is back', async () => {
    await using provider = await fakeProvider({
      script: [rateLimited({ retryAfterMs: 9000 }), rateLimited({ retryAfterMs: 5000 })],
    });
    const clock = fakeClock();
    const openai = clientOf(provider, { keys: ['sk-a', 'sk-b'] }, now, provide(CLOCK, clock));
    const call = chat(openai);
    while (!clock.waits.some((ms) => ms >= 5000)) await clock.advance(0);
    await clock.advance('6s');
    await call;
    expect(arrived(provider)).toEqual(['sk-a', 'sk-b', 'sk-b']);
  });

  test('the last word of an exhausted pool is an error of the client and a KeysExhaustedError', async () => {
    await using provider = await fakeProvider({ replies: rateLimited({ retryAfterMs: 3_600_000 }) });
    const openai = clientOf(provider, { keys: ['sk-a'] });
    expect(await thrown(chat(openai, { maxRetries: 0 }))).toBeInstanceOf(RateLimitError);
    const error = await thrown(chat(openai));
    expect(error).toBeInstanceOf(KeysExhaustedError);
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({
      code: 'keys_exhausted',
      keys: 1,
      cooling: 1,
      availableAt: expect.any(Date),
    });
    expect(arrived(provider)).toEqual(['sk-a']);
  });

  test('a key may have an address of its own', async () => {
    await using provider = await fakeProvider();
    await using other = await fakeProvider();
    const openai = clientOf(provider, {
      keys: ['sk-a', { key: 'sk-b', baseURL: other.baseURL, project: 'proj' }],
    });
    await chat(openai);
    await chat(openai, { headers: { 'x-company-token': 'secret' } });
    expect([arrived(provider), arrived(other)]).toEqual([['sk-a'], ['sk-b']]);
    const { headers } = other.requests[0] ?? {};
    expect([headers?.['openai-project'], headers?.['x-company-token']]).toEqual(['proj', undefined]);
  });

  test('a tenant stays at its key', async () => {
    await using provider = await fakeProvider();
    const openai = clientOf(provider, { keys: ['sk-a', 'sk-b', 'sk-c'], strategy: { sticky: 'tenant' } });
    for (let round = 0; round < 3; round++) {
      for (const tenant of ['one', 'two', 'three', 'four']) await chat(openai, tags({ tenant }));
    }
    const all = arrived(provider);
    expect(all.slice(4, 8)).toEqual(all.slice(0, 4));
    expect(all.slice(8)).toEqual(all.slice(0, 4));
    expect(new Set(all).size).toBeGreaterThan(1);
  });

  test('keys are rotated in a file, without a restart, while calls are under way', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'interpose-keys-'));
    const path = join(folder, 'keys.txt');
    try {
      await writeFile(path, 'sk-old\n');
      await using provider = await fakeProvider();
      const clock = fakeClock();
      const openai = clientOf(provider, { source: keyFile(path), refresh: '1m' }, provide(CLOCK, clock));
      await chat(openai);
      const stream = await openai.chat.completions.create({ model: 'm', messages: MESSAGES, stream: true });
      await writeFile(path, 'sk-new\n');
      await clock.advance('1m');
      await chat(openai);
      // The file is read on the side.
      while (arrived(provider).at(-1) !== 'sk-new') await chat(openai);
      let text = '';
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
      expect(text).not.toBe('');
      expect(new Set(arrived(provider).slice(0, 3))).toEqual(new Set(['sk-old']));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('a cache knows a call again, whichever key it would have been sent with', async () => {
    await using provider = await fakeProvider();
    let list = ['sk-a'];
    const clock = fakeClock();
    const openai = clientOf(
      provider,
      { source: () => list, refresh: '1s' },
      cache({ ttl: '1h' }),
      provide(CLOCK, clock),
    );
    const ask = (content: string): Promise<unknown> =>
      openai.chat.completions.create({ model: 'm', temperature: 0, messages: [{ role: 'user', content }] });
    await ask('one');
    list = ['sk-b'];
    await clock.advance('2s');
    await ask('two');
    await ask('three');
    for (const content of ['one', 'two', 'three']) await ask(content);
    expect(arrived(provider)).toEqual(['sk-a', 'sk-a', 'sk-b']);
  });
});

test('no key is in a log line, an event, a span, an error or a description', async () => {
  const canaries = ['sk-canary-one-7f3a', 'sk-canary-two-9c2e', 'canary-client-4b1d'];
  await using provider = await fakeProvider({
    script: [
      {},
      rateLimited({ retryAfterMs: 1 }),
      unauthorized(),
      { status: 400, body: { error: { message: `bad key ${canaries[0]}`, code: canaries[0], type: 'x' } } },
      { cut: { afterEvents: 0 } },
    ],
    replies: unauthorized(),
  });
  const seen: unknown[] = [];
  const record = (fields: object, message: string): void => void seen.push(fields, message);
  const exporter = new InMemorySpanExporter();
  const spanProcessors = [new SimpleSpanProcessor({ exporter })];
  const tracer = new TracerProvider({ spanProcessors }).getTracer('test');
  const logger = { debug: record, info: record, warn: record, error: record };
  let fails = false;
  const source = (): string[] => {
    if (fails) throw new Error(`vault: ${canaries.join()}`);
    return canaries.slice(0, 2);
  };
  const bare = new OpenAI({ baseURL: provider.baseURL, apiKey: canaries[2] ?? '' });
  const openai = interpose(bare, [
    trace({ tracer, content: 'span' }),
    log({ logger }),
    provide(LOGGER, logger),
    retry({ delay: () => 0, maxAttempts: 2 }),
    keys({ source, onExhausted: 'earliest', refresh: 0 }),
  ]);
  const layer = layerOf(openai);
  layer?.events.on('*', ({ type, unit, data }: LayerEvent) => void seen.push({ type, unit, data }));
  const errors: unknown[] = [];
  for (let call = 0; call < 6; call++) {
    fails = call > 1;
    errors.push(await thrown(chat(openai)));
  }
  expect(errors.some((error) => error instanceof KeysExhaustedError)).toBe(true);
  // What the provider itself says in the body of an error is the caller's to see, in the error that stands for it.
  const own = errors.map((error) => (error instanceof APIError && error.status === 400 ? undefined : error));
  seen.push(...own, layer?.describe(), String(layer?.describe()));
  seen.push(
    ...exporter
      .getFinishedSpans()
      .map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
  );
  expect(exporter.getFinishedSpans().length).toBeGreaterThan(5);
  const shown = inspect(seen, { depth: 12, maxStringLength: null, maxArrayLength: null });
  expect(shown).toContain('keys.rest');
  for (const canary of canaries) expect(shown).not.toContain(canary);
  expect(arrived(provider)).toContain(canaries[0]);
  await layer?.close();
});
