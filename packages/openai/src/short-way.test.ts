import type { Fetch, Interceptor, StackEntry } from '@interpose/core';
import { fakeProvider } from '@interpose/testing';
import { AzureOpenAI, OpenAI, type ClientOptions } from 'openai';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { interpose, pathsOf } from './index.ts';

const noop: Interceptor = (next) => (call) => next(call);
const look: Interceptor = (next) => async (call) => (await next(call)).tap({});
const params = { model: 'gpt-5', messages: [{ role: 'user' as const, content: 'hello' }] };
const ok = { status: 200, body: { id: 'a', object: 'chat.completion', choices: [] } };

interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly error?: Error;
}

/** A network that gives one reply after another, the last one for ever, and keeps what was sent. */
function network(...replies: Reply[]) {
  const sent: string[] = [];
  const fetch: Fetch = async (url, init) => {
    const headers = new Headers(init?.headers);
    sent.push(
      `${init?.method} ${url as string} ${headers.get('x-stainless-retry-count')} ${init?.body as string}`,
    );
    const { status = 200, headers: more, body, error } = replies[Math.min(sent.length, replies.length) - 1]!;
    if (error) throw error;
    const text = typeof body === 'string' ? body : body === undefined ? null : JSON.stringify(body);
    return new Response(text, {
      status,
      headers: {
        'content-type': 'application/json',
        'x-request-id': 'req_1',
        'retry-after-ms': '1',
        ...more,
      },
    });
  };
  return { fetch, sent };
}

type Run = (client: OpenAI) => PromiseLike<unknown>;
const create: Run = (client) => client.chat.completions.create(params);

async function settle(run: Run, client: OpenAI): Promise<unknown> {
  try {
    const value = await run(client);
    return { value, id: (value as { _request_id?: unknown } | undefined)?._request_id };
  } catch (error) {
    const { constructor, message, status, code, cause } = error as Error & Record<string, unknown>;
    return { class: constructor.name, message, status, code, cause };
  }
}

/** What a call comes to and what it sends, by the client alone and with a layer; and whether that went the short way. */
async function compare(
  replies: Reply[],
  run: Run,
  options: ClientOptions = {},
  stack: StackEntry[] = [look],
) {
  const [alone, layered] = [network(...replies), network(...replies)];
  const base = { apiKey: 'test', baseURL: 'http://provider.test/v1', maxRetries: 2, ...options };
  const bare = { result: await settle(run, new OpenAI({ ...base, fetch: alone.fetch })), sent: alone.sent };
  const client = interpose(new OpenAI({ ...base, fetch: layered.fetch }), stack);
  const steps = vi.spyOn(OpenAI.prototype, 'fetchWithTimeout');
  const result = await settle(run, client);
  const short = steps.mock.calls.length === 0;
  steps.mockRestore();
  return { bare, layered: { result, sent: layered.sent }, short };
}

afterEach(() => vi.restoreAllMocks());

const broken = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });

test.each<[string, Reply[], Run?]>([
  ['an answer', [ok]],
  ['an answer with no body', [{ ...ok, body: '' }]],
  ['an answer that is no object', [{ ...ok, body: [1] }]],
  ['responses', [ok], (client) => client.responses.create({ model: 'gpt-5', input: 'a' })],
  [
    'embeddings',
    [ok],
    (client) => client.embeddings.create({ model: 'm', input: 'a', encoding_format: 'float' }),
  ],
  ['a time-out of the call', [ok], (client) => client.chat.completions.create(params, { timeout: 5000 })],
  ['headers of the call', [ok], (client) => client.chat.completions.create(params, { headers: { a: 'b' } })],
  ['a query', [ok], (client) => client.chat.completions.create(params, { query: { a: 'b' } })],
  ['no retries', [ok], (client) => client.chat.completions.create(params, { maxRetries: 0 })],
])('goes the short way with %s', async (_what, replies, run = create) => {
  const { bare, layered, short } = await compare(replies, run);
  expect(layered).toEqual(bare);
  expect(short).toBe(true);
});

test.each<[string, Reply[], Run?, ClientOptions?]>([
  ['an error', [{ status: 400, body: { error: { message: 'no', code: 'bad' } } }]],
  ['an error that is tried again', [{ status: 500, body: { error: { message: 'no' } } }, ok]],
  ['an error that stays', [{ status: 429, body: { error: { message: 'slow', code: 'rate_limit' } } }]],
  ['an error that is no JSON', [{ status: 503, headers: { 'content-type': 'text/html' }, body: '<p>' }, ok]],
  ['a connection that breaks', [{ error: broken }, ok]],
  ['a connection that stays broken', [{ error: broken }]],
  ['an answer that is no JSON', [{ ...ok, headers: { 'content-type': 'text/plain' }, body: 'a' }]],
  ['no content', [{ status: 204 }]],
  ['no content by its length', [{ ...ok, headers: { 'content-length': '0' }, body: undefined }]],
  [
    'a stream by JSON alone',
    [{ ...ok, headers: { 'content-type': 'text/event-stream' }, body: 'data: [DONE]\n\n' }],
    async (client) => {
      const stream = { toJSON: () => true } as unknown as true;
      const events: unknown[] = [];
      for await (const event of await client.chat.completions.create({ ...params, stream }))
        events.push(event);
      return events;
    },
  ],
  [
    'a signal',
    [ok],
    (client) => client.chat.completions.create(params, { signal: new AbortController().signal }),
  ],
  [
    'a signal that is aborted',
    [ok],
    (client) => client.chat.completions.create(params, { signal: AbortSignal.abort() }),
  ],
  ['a wrong number of retries', [ok], (client) => client.chat.completions.create(params, { maxRetries: -1 })],
  ['a wrong time-out', [ok], (client) => client.chat.completions.create(params, { timeout: -1 })],
  ['a body that is a list', [ok], (client) => client.post('/chat/completions', { body: [params] })],
  ['no body', [ok], (client) => client.post('/chat/completions', {})],
  [
    'options of the fetch',
    [ok],
    (client) => client.chat.completions.create(params, { fetchOptions: { keepalive: true } }),
  ],
  ['options of every fetch', [ok], create, { fetchOptions: { keepalive: true } }],
  ['a call that no layer knows', [ok], (client) => client.get('/models/a')],
])('leaves %s to the client', async (what, replies, run = create, options = {}) => {
  const { bare, layered, short } = await compare(replies, run, options);
  expect(layered).toEqual(bare);
  // A time-out is checked as the request is built, whoever sends it.
  expect(short).toBe(what === 'a wrong time-out' || what === 'a signal that is aborted');
});

test('asks for a key once a request', async () => {
  const asked = { bare: 0, layered: 0 };
  for (const who of ['bare', 'layered'] as const) {
    const { fetch } = network({ status: 500, body: {} }, ok);
    const bare = new OpenAI({
      apiKey: async () => `key ${++asked[who]}`,
      baseURL: 'http://provider.test/v1',
      fetch,
    });
    await create(who === 'bare' ? bare : interpose(bare, [noop]));
  }
  expect(asked).toEqual({ bare: 2, layered: 2 });
});

test('tells the log what the client tells it, at every level', async () => {
  for (const logLevel of ['off', 'warn', 'info', 'debug'] as const) {
    const lines: Record<string, string[]> = {};
    for (const who of ['bare', 'layered']) {
      const log = (lines[who] = [] as string[]);
      const tell = (text: string): void => void log.push(text.replaceAll(/log_\w+|\d+ms/g, '-'));
      const logger = { error: tell, warn: tell, info: tell, debug: tell };
      const { fetch } = network({ status: 500, body: {} }, ok);
      const bare = new OpenAI({
        apiKey: 'test',
        baseURL: 'http://provider.test/v1',
        fetch,
        logger,
        logLevel,
      });
      await create(who === 'bare' ? bare : interpose(bare, [noop]));
    }
    expect(lines['layered']).toEqual(lines['bare']);
    expect(lines['bare']!.length > 0).toBe(logLevel === 'info' || logLevel === 'debug');
  }
});

describe('calls everybody once for each attempt:', () => {
  test('the units of the layer, and the network', async () => {
    const seen: string[] = [];
    const note: Interceptor = (next) => (call) => {
      seen.push(`attempt ${call.attempt}`);
      return next(call);
    };
    const { layered } = await compare([{ status: 500, body: {} }, { error: broken }, ok], create, {}, [note]);
    expect(seen).toEqual(['attempt 1', 'attempt 2', 'attempt 3']);
    expect(layered.sent).toHaveLength(3);
  });

  test('a hook that the caller put on the client later', async () => {
    const { fetch } = network({ status: 500, body: {} }, ok);
    const client = interpose(new OpenAI({ apiKey: 'test', baseURL: 'http://provider.test/v1', fetch }), [
      noop,
    ]);
    const inside = client as unknown as { prepareRequest(...args: unknown[]): Promise<void> };
    const before = inside.prepareRequest.bind(client);
    let asked = 0;
    inside.prepareRequest = async (...args) => {
      asked++;
      await before(...args);
    };
    await create(client);
    expect(asked).toBe(2);
  });

  test('a fetch that the caller put on the client later', async () => {
    const { fetch } = network(ok);
    const client = interpose(new OpenAI({ apiKey: 'test', fetch }), [noop]);
    const inside = client as unknown as { fetch: Fetch };
    const before = inside.fetch;
    let asked = 0;
    inside.fetch = (...args) => {
      asked++;
      return before(...args);
    };
    await create(client);
    expect(asked).toBe(1);
  });

  test('two layers', async () => {
    const seen: string[] = [];
    const note =
      (name: string): Interceptor =>
      (next) =>
      (call) => {
        seen.push(name);
        return next(call);
      };
    const { fetch, sent } = network({ status: 500, body: {} }, ok);
    const bare = new OpenAI({ apiKey: 'test', baseURL: 'http://provider.test/v1', fetch });
    await create(interpose(interpose(bare, [note('inner')]), [note('outer')]));
    expect([seen, sent.length]).toEqual([['outer', 'inner', 'outer', 'inner'], 2]);
  });
});

test('options that are given to two calls at once are of each call alone', async () => {
  const { fetch, sent } = network({ status: 400, body: { error: { message: 'no' } } }, ok);
  const bare = new OpenAI({ apiKey: 'test', baseURL: 'http://provider.test/v1', fetch });
  const client = interpose(bare, [look]);
  const options = { method: 'post' as const, path: '/chat/completions', body: params };
  const results = await Promise.all([1, 2].map(() => settle((one) => one.request(options), client)));
  expect(results).toEqual([
    expect.objectContaining({ class: 'BadRequestError', message: '400 no' }),
    { value: ok.body, id: 'req_1' },
  ]);
  expect(sent).toHaveLength(2);
});

test('what came is let go where the client does not come as far as to take it', async () => {
  const signals: (AbortSignal | null | undefined)[] = [];
  const fetch: Fetch = async (_url, init) => {
    signals.push(init?.signal);
    return Response.json({ error: { message: 'no' } }, { status: 500 });
  };
  const client = interpose(new OpenAI({ apiKey: 'test', fetch }), [look]);
  let written = 0;
  const message = {
    toJSON() {
      if (++written > 1) throw new TypeError('gone');
      return { role: 'user', content: 'hello' };
    },
  };
  const create = client.chat.completions.create({ model: 'gpt-5', messages: [message as never] });
  await expect(create).rejects.toThrow('gone');
  expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
});

describe('is not taken where the client is another one:', () => {
  test.each<[string, (client: OpenAI) => OpenAI]>([
    [
      'it sends by its own method',
      (client) => Object.assign(client, { fetchWithTimeout: own(client, 'fetchWithTimeout') }),
    ],
    [
      'it signs by its own method',
      (client) => Object.assign(client, { fetchWithAuth: own(client, 'fetchWithAuth') }),
    ],
    [
      'it asks by its own method',
      (client) => Object.assign(client, { makeRequest: own(client, 'makeRequest') }),
    ],
    ['it has a hook', (client) => Object.assign(client, { prepareRequest: async () => void 'something' })],
  ])('%s', async (_why, change) => {
    class Other extends OpenAI {
      constructor(options: ClientOptions) {
        super(options);
        change(this);
      }
    }
    const { fetch } = network(ok);
    expect(pathsOf(interpose(new Other({ apiKey: 'test', fetch }), [noop]))?.requests).toBe('whole');
  });

  test('it reads what is unknown here', () => {
    const { fetch } = network(ok);
    const prototype = OpenAI.prototype as unknown as Record<string, unknown>;
    const before = prototype['fetchWithAuth'] as (...args: unknown[]) => unknown;
    prototype['fetchWithAuth'] = function fetchWithAuth(this: Record<string, unknown>, ...args: unknown[]) {
      return this['quota'] ?? this.quota ?? before.apply(this, args);
    };
    try {
      expect(pathsOf(interpose(new OpenAI({ apiKey: 'test', fetch }), [noop]))?.requests).toBe('whole');
    } finally {
      prototype['fetchWithAuth'] = before;
    }
  });

  test('Azure keeps what it does to a request', async () => {
    const provider = fakeProvider.inProcess();
    const azure = new AzureOpenAI({
      apiKey: 'test',
      apiVersion: '2024-10-21',
      endpoint: 'http://azure.test',
      fetch: provider.fetch,
    });
    await settle(create, interpose(azure, [look]));
    expect(provider.requests.map(({ path }) => path)).toEqual([
      expect.stringContaining('/openai/deployments/gpt-5/'),
    ]);
  });
});

function own(client: OpenAI, name: string): (...args: unknown[]) => unknown {
  const inherited = (client as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!;
  return (...args) => inherited.apply(client, args);
}
