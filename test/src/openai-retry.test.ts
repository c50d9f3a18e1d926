import { CLOCK, provide, systemClock, type Interceptor, type Plugin } from '@interpose/core';
import { RetryError, retry } from '@interpose/retry';
import { overloaded, rateLimited, stallAfter, type ScriptedReply } from '@interpose/testing';
import { OpenAI, type ClientOptions } from 'openai';
import { describe, expect, test } from 'vitest';
import { all, beneath, noop, open, paths, shown, until, ways } from './openai-rig.test-support.ts';

const params = { model: 'gpt-5', messages: [{ role: 'user' as const, content: 'hello' }] };
const quick = { headers: { 'retry-after-ms': '1' } };

/** Retries without waiting. */
const eager = (maxAttempts: number) => retry({ maxAttempts, delay: () => 0, respectRetryAfter: false });

const OUTAGES: Record<string, ScriptedReply> = {
  'always 429': rateLimited({ retryAfterMs: 1 }),
  'always 503': overloaded({ retryAfterMs: 1 }),
  'always 500, and asked to retry': {
    status: 500,
    headers: { 'x-should-retry': 'true', 'retry-after-ms': '1' },
  },
  'a refused connection': { refuse: true },
};

const CALLS: Record<string, (client: OpenAI) => PromiseLike<unknown>> = {
  create: (client) => client.chat.completions.create(params),
  'create, streamed': (client) => all(client.chat.completions.create({ ...params, stream: true })),
  'stream helper': (client) => client.chat.completions.stream(params).finalContent(),
  responses: (client) => client.responses.create({ model: 'gpt-5', input: 'a' }),
  embeddings: (client) => client.embeddings.create({ model: 'm', input: 'a' }),
  speech: (client) => client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'a' }),
  'with retries of its own': (client) => client.chat.completions.create(params, { maxRetries: 5 }),
  asResponse: (client) => client.chat.completions.create(params).asResponse(),
  'another client of it': (client) => client.withOptions({ maxRetries: 4 }).chat.completions.create(params),
};

describe.each(ways)('with a retrier, on the %s path, %s,', (path, front) => {
  test.each(Object.entries(OUTAGES))('%s costs its attempts and no more', async (_, outage) => {
    await using rig = await open(front, { replies: outage });
    const counts: Record<string, unknown> = {};
    for (const [name, call] of Object.entries(CALLS)) {
      rig.provider.reset();
      rig.provider.always(outage);
      const error = await Promise.resolve(call(beneath(rig.bare, path, [eager(4)]))).catch(
        (caught: unknown) => caught,
      );
      counts[name] = [rig.provider.requests.length, error instanceof RetryError];
    }
    expect(counts).toEqual(Object.fromEntries(Object.keys(CALLS).map((name) => [name, [4, true]])));
  });

  test.each([
    ['429', rateLimited()],
    ['503', overloaded()],
    ['504, which is a time-out of the provider’s', { status: 504 }],
    ['408', { status: 408 }],
  ])('the last error is the provider’s %s, and tells of the retries', async (_, reply) => {
    await using rig = await open(front, { replies: reply }, { maxRetries: 0 });
    const call = (client: OpenAI) => client.chat.completions.create(params).catch((error: unknown) => error);
    const bare = (await call(rig.bare)) as InstanceType<typeof OpenAI.RateLimitError>;
    const error = (await call(beneath(rig.bare, path, [eager(2)]))) as RetryError & typeof bare;
    expect({
      ...shown(error),
      error: error.error,
      attempts: error.attempts,
      is: error instanceof RetryError,
    }).toEqual({
      ...shown(bare),
      name: 'RetryError',
      code: 'retries_exhausted',
      requestID: error.headers.get('x-request-id'),
      error: bare.error,
      attempts: 2,
      is: true,
    });
    expect([error.headers.get('x-should-retry'), error.cause instanceof RetryError]).toEqual(['false', true]);
  });

  test('a lost connection is a connection error', async () => {
    await using rig = await open(front, { replies: { refuse: true } });
    const error = (await beneath(rig.bare, path, [eager(2)])
      .chat.completions.create(params)
      .catch((caught: unknown) => caught)) as RetryError;
    expect([
      error instanceof OpenAI.APIConnectionError,
      error instanceof RetryError,
      error.code,
      error.failure.kind,
      error.status,
    ]).toEqual([true, true, 'retries_exhausted', 'network', 502]);
  });

  test('a success after failures is a success', async () => {
    await using rig = await open(front, { script: [overloaded(), { refuse: true }] });
    const client = beneath(rig.bare, path, [eager(4)]);
    const { choices } = await client.chat.completions.create(params);
    const headers = rig.provider.requests.map(({ headers: sent }) => [
      sent['x-stainless-retry-count'],
      sent['idempotency-key'],
    ]);
    const key = headers[0]?.[1];
    expect([choices[0]?.message.content, headers]).toEqual([
      'You said: hello',
      [
        ['0', key],
        ['1', key],
        ['2', key],
      ],
    ]);
    expect(key).toMatch(/^call_/);
  });

  test('what passes by the stack is retried by the client, as ever', async () => {
    await using rig = await open(front, { replies: { status: 503, ...quick } });
    const error = await all(beneath(rig.bare, path, [eager(4)]).models.list()).catch(
      (caught: unknown) => caught,
    );
    expect([
      error instanceof OpenAI.InternalServerError,
      error instanceof RetryError,
      rig.provider.requests.length,
    ]).toEqual([true, false, 3]);
  });

  test('a time-out of the client is not multiplied', async () => {
    const outcomes: unknown[] = [];
    for (const fault of [{ latency: 5000 }, { firstContentDelay: 5000 }]) {
      await using rig = await open(front, { replies: fault });
      const error = await beneath(rig.bare, path, [eager(4)])
        .chat.completions.create(params, { timeout: 40 })
        .catch((caught: unknown) => caught);
      outcomes.push([error instanceof OpenAI.APIConnectionTimeoutError, rig.provider.requests.length]);
    }
    expect(outcomes).toEqual([
      [true, 1],
      [true, 1],
    ]);
  });

  test('an abort ends a wait at once, and nothing more is sent', async () => {
    await using rig = await open(front, { replies: overloaded() });
    const controller = new AbortController();
    const slow = retry({
      delay: () => 60_000,
      maxDelay: '60s',
      onRetry: () => setImmediate(() => controller.abort()),
    });
    const error = await beneath(rig.bare, path, [slow])
      .chat.completions.create(params, { signal: controller.signal })
      .catch((caught: unknown) => caught);
    expect([error instanceof OpenAI.APIUserAbortError, rig.provider.requests.length]).toEqual([true, 1]);
  });

  test('a stream that stalls before its first content stays abortable', async () => {
    await using rig = await open(front, { replies: stallAfter(1) });
    const controller = new AbortController();
    const call = beneath(rig.bare, path, [eager(4)]).chat.completions.create(
      { ...params, stream: true },
      { signal: controller.signal },
    );
    const settled = call.then(
      () => undefined,
      (caught: unknown) => caught,
    );
    await until(() => rig.provider.requests.length > 0);
    controller.abort();
    const error = await settled;
    expect([error instanceof OpenAI.APIUserAbortError, rig.provider.requests.length]).toEqual([true, 1]);
  });
});

describe.each(paths)('without a retrier, on the %s path,', (path) => {
  test('the client’s attempts are attempts of one call', async () => {
    await using rig = await open('in process', { replies: { status: 503, ...quick } });
    const seen: [string, number][] = [];
    const look: Interceptor = (next) => (call) => {
      seen.push([call.id, call.attempt]);
      return next(call);
    };
    const error = await beneath(rig.bare, path, [look])
      .chat.completions.create(params)
      .catch((caught: unknown) => caught);
    expect([
      error instanceof OpenAI.InternalServerError,
      rig.provider.requests.length,
      seen.map(([, attempt]) => attempt),
    ]).toEqual([true, 3, [1, 2, 3]]);
    // On the plain path nothing tells that they belong together.
    expect(new Set(seen.map(([id]) => id)).size).toBe(path === 'fast' ? 1 : 3);
  });

  test('the client retries as if nobody were there', async () => {
    const count = async (interposed: boolean, options: ClientOptions, reply: ScriptedReply) => {
      await using rig = await open('in process', { replies: reply }, options);
      const client = interposed ? beneath(rig.bare, path, [noop]) : rig.bare;
      const error = await client.chat.completions
        .create(params, { timeout: 60 })
        .catch((caught: unknown) => caught);
      return [rig.provider.requests.length, shown(error)];
    };
    for (const options of [{}, { maxRetries: 0 }, { maxRetries: 1 }]) {
      for (const reply of [rateLimited({ retryAfterMs: 1 }), { status: 400 }, { status: 409, ...quick }]) {
        expect(await count(true, options, reply)).toEqual(await count(false, options, reply));
      }
    }
  });

  test('a plugin that says it retries switches the client’s retries off', async () => {
    await using rig = await open('in process', { replies: { status: 503, ...quick } });
    const plugin: Plugin = { name: 'again', retries: true, create: () => noop };
    await beneath(rig.bare, path, [plugin])
      .chat.completions.create(params)
      .catch(() => {});
    expect(rig.provider.requests.length).toBe(1);
  });
});

test('the clock of the layer is the one that waits', async () => {
  await using rig = await open('in process', { script: [overloaded(), overloaded()] });
  const waits: number[] = [];
  const clock = {
    ...systemClock,
    now: () => 0,
    monotonic: () => 0,
    sleep: async (ms: number) => void waits.push(ms),
  };
  const client = beneath(rig.bare, 'fast', [provide(CLOCK, clock as never), retry({ delay: () => 700 })]);
  await client.chat.completions.create(params);
  expect(waits).toEqual([700, 700]);
});
