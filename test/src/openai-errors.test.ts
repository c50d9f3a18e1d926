import {
  Failure,
  InterposeError,
  ReplyError,
  type Interceptor,
  type InterposeErrorOptions,
} from '@interpose/core';
import { retry } from '@interpose/retry';
import { cutAfter, type ScriptedReply } from '@interpose/testing';
import { OpenAI } from 'openai';
import { describe, expect, test } from 'vitest';
import {
  all,
  beneath,
  looksAtAll,
  noop,
  open,
  paths,
  settle,
  shown,
  ways,
} from './openai-rig.test-support.ts';

const params = { model: 'gpt-5', messages: [{ role: 'user' as const, content: 'hello' }] };

class TooMuchError extends InterposeError {
  override readonly name = 'TooMuchError';
  readonly limit = 5;
  constructor(options: Partial<InterposeErrorOptions> = {}) {
    super('Too much: 7 of 5 spent', { code: 'too_much', ...options });
  }
}

const CALLS: Record<string, (client: OpenAI) => PromiseLike<unknown>> = {
  create: (client) => client.chat.completions.create(params),
  'create, streamed': (client) => all(client.chat.completions.create({ ...params, stream: true })),
  'stream helper': (client) => client.chat.completions.stream(params).finalContent(),
  responses: (client) => client.responses.create({ model: 'gpt-5', input: 'a' }),
  'responses stream': (client) => client.responses.stream({ model: 'gpt-5', input: 'a' }).finalResponse(),
  withResponse: (client) => client.chat.completions.create(params).withResponse(),
  asResponse: (client) => client.chat.completions.create(params).asResponse(),
};

const caught = (call: PromiseLike<unknown>) =>
  Promise.resolve(call).then(
    (value) => ({ value }),
    (error: unknown) => error,
  );

describe.each(paths)('a refusal, on the %s path,', (path) => {
  test.each<
    [string, Partial<InterposeErrorOptions>, abstract new (...args: never[]) => Error, number | undefined]
  >([
    ['429', { status: 429 }, OpenAI.RateLimitError, 429],
    ['403', { status: 403 }, OpenAI.PermissionDeniedError, 403],
    ['402', { status: 402 }, OpenAI.APIError, 402],
    ['500', { status: 500 }, OpenAI.InternalServerError, 500],
    ['no status', {}, OpenAI.BadRequestError, 400],
    ['a time-out', { status: 504, failure: new Failure('timeout') }, OpenAI.APIConnectionTimeoutError, 504],
    ['a network failure', { status: 502, failure: new Failure('network') }, OpenAI.APIConnectionError, 502],
    [
      'a rate limit',
      { status: 429, failure: new Failure('rate_limited', { retryAfterMs: 7 }) },
      OpenAI.RateLimitError,
      429,
    ],
  ])('with %s is an error of both families', async (_, options, Class, status) => {
    await using rig = await open('in process');
    const thrown = new TooMuchError(options);
    const refuse: Interceptor = () => async () => {
      throw thrown;
    };
    const client = beneath(rig.bare, path, [refuse]);
    for (const [name, call] of Object.entries(CALLS)) {
      const error = (await caught(call(client))) as TooMuchError & Record<string, unknown>;
      expect({
        name,
        both: [error instanceof TooMuchError, error instanceof InterposeError, error instanceof Class],
        other: error instanceof ReplyError,
        told: [error.name, error.code, error.limit, error.status],
        says: error.message.includes('Too much: 7 of 5 spent'),
        cause: error.cause === thrown,
      }).toEqual({
        name,
        both: [true, true, true],
        other: false,
        told: ['TooMuchError', 'too_much', 5, status],
        says: true,
        cause: true,
      });
    }
    expect(rig.provider.requests.length).toBe(0);
  });

  test('shows headers that keep clients from asking again', async () => {
    await using rig = await open('in process');
    const refuse: Interceptor = () => async () => {
      throw new TooMuchError({ status: 429, failure: new Failure('rate_limited', { retryAfterMs: 7 }) });
    };
    const error = (await caught(beneath(rig.bare, path, [refuse]).chat.completions.create(params))) as {
      headers: Headers;
      error: unknown;
    };
    expect([Object.fromEntries(error.headers), error.error]).toEqual([
      {
        'content-type': 'application/json',
        'retry-after-ms': '7',
        'x-interpose-error': 'too_much',
        'x-should-retry': 'false',
      },
      { message: 'Too much: 7 of 5 spent', type: 'interpose_error', code: 'too_much', param: null },
    ]);
  });

  test('reaches through two layers as one error', async () => {
    await using rig = await open('in process');
    const refuse: Interceptor = () => async () => {
      throw new TooMuchError({ status: 429 });
    };
    const client = beneath(beneath(rig.bare, path, [refuse]), path, [looksAtAll()]);
    const error = (await caught(client.chat.completions.create(params))) as TooMuchError;
    expect([
      error instanceof OpenAI.RateLimitError,
      error instanceof TooMuchError,
      error.limit,
      error.cause instanceof TooMuchError,
    ]).toEqual([true, true, 5, true]);
  });

  test('may come in the middle of an answer', async () => {
    await using rig = await open('in process');
    let events = 0;
    const refuse: Interceptor = (next) => async (call) => {
      const fail = (): never => {
        throw new TooMuchError({ status: 429 });
      };
      return (await next(call)).tap({ event: () => void (++events % 3 === 0 && fail()), body: fail });
    };
    const client = beneath(rig.bare, path, [refuse]);
    for (const [name, call] of Object.entries(CALLS)) {
      if (name === 'asResponse') continue;
      events = 0;
      const error = (await caught(call(client))) as TooMuchError;
      expect([name, error instanceof TooMuchError, error instanceof OpenAI.APIError, error.code]).toEqual([
        name,
        true,
        true,
        'too_much',
      ]);
    }
  });

  test('other errors are what they are to the bare client', async () => {
    await using rig = await open('in process', {}, { maxRetries: 0 });
    const bug = new TypeError('a bug');
    const broken: Interceptor = () => async () => {
      throw bug;
    };
    const error = (await caught(beneath(rig.bare, path, [broken]).chat.completions.create(params))) as Error;
    const bare = await caught(
      rig.bare.withOptions({ fetch: async () => Promise.reject(bug) }).chat.completions.create(params),
    );
    expect([shown(error), error.cause]).toEqual([shown(bare), bug]);
  });
});

describe.each(ways)('a broken answer, on the %s path, %s,', (path, front) => {
  const FAULTS: Record<string, ScriptedReply> = {
    'cut, closed': cutAfter(4),
    'cut, reset': cutAfter(4, 'reset'),
    'ended early': {
      events: [
        { id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: 'a' } }] },
      ],
      omitDone: true,
    },
    'an error event': {
      errorInStream: { afterEvents: 3, error: { message: 'no', type: 'server_error', code: 'c' } },
    },
    'a named error event': {
      errorInStream: { afterEvents: 3, named: true, error: { message: 'no', type: 't', code: 'c' } },
    },
    'broken JSON': { malformed: 'json' },
    'broken events': { malformed: 'sse' },
    'JSON for a stream': { body: { id: 'x', choices: [] } },
    'JSON that is none': { body: '{"id":', headers: { 'content-type': 'application/json' } },
    'nothing at all': { body: '', headers: { 'content-type': 'application/json' } },
    'an error of the provider': { status: 400 },
    'an error that is a page': {
      status: 502,
      body: '<html>',
      headers: { 'content-type': 'text/html', 'x-should-retry': 'false' },
    },
  };

  const READS: Record<string, (client: OpenAI) => PromiseLike<unknown>> = {
    plain: (client) => client.chat.completions.create(params),
    'for await': (client) => all(client.chat.completions.create({ ...params, stream: true })),
    finalContent: (client) => client.chat.completions.stream(params).finalContent(),
    responses: (client) => all(client.responses.create({ model: 'gpt-5', input: 'hello', stream: true })),
  };

  test.each(Object.entries(FAULTS))(
    '%s, is to the caller what it is to the bare client’s',
    async (_, fault) => {
      await using rig = await open(front, {}, { maxRetries: 0, logLevel: 'off' });
      for (const [name, read] of Object.entries(READS)) {
        const run = async (client: OpenAI) => {
          rig.provider.reset();
          rig.provider.always(fault);
          return { name, result: await settle(() => read(client)), requests: rig.provider.requests.length };
        };
        const wanted = await run(rig.bare);
        expect(await run(beneath(rig.bare, path, [noop]))).toEqual(wanted);
        expect(await run(beneath(rig.bare, path, [looksAtAll()]))).toEqual(wanted);
      }
    },
  );

  test.each(['cut, closed', 'cut, reset', 'ended early'])(
    '%s, is a typed error beneath a retrier',
    async (name) => {
      await using rig = await open(front, { replies: FAULTS[name] as ScriptedReply });
      const client = beneath(rig.bare, path, [retry({ delay: () => 0 })]);
      const seen: string[] = [];
      const { plain: _, responses: __, ...streams } = READS;
      const errors = {
        ...streams,
        'stream helper': (it: OpenAI) => all(it.chat.completions.stream(params)),
        'stream helper, done': (it: OpenAI) => {
          const stream = it.chat.completions.stream(params);
          stream.on('error', (error) => seen.push(error.name));
          return stream.done();
        },
        readable: async (it: OpenAI) => {
          const stream = await it.chat.completions.create({ ...params, stream: true });
          return new Response(stream.toReadableStream() as ReadableStream).text();
        },
      };
      for (const [how, read] of Object.entries(errors)) {
        rig.provider.reset();
        rig.provider.always(FAULTS[name] as ScriptedReply);
        const error = (await caught(read(client))) as ReplyError;
        expect([
          how,
          error instanceof ReplyError,
          error instanceof OpenAI.APIConnectionError,
          error.name,
        ]).toEqual([how, true, true, 'ReplyError']);
        expect(error.receivedCharacters).toBeGreaterThan(0);
        expect(error.code).toMatch(/^reply_(truncated|network)$/);
        expect(rig.provider.requests.length).toBe(1);
      }
      expect(seen).toEqual(['ReplyError']);
    },
  );
});
