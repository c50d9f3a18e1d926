import { ConfigurationError, controlLayer, type Interceptor } from '@interpose/core';
import { fakeProvider } from '@interpose/testing';
import { AzureOpenAI, OpenAI, type APIError, type ClientOptions } from 'openai';
import { describe, expect, test } from 'vitest';
import { interpose, layerOf, pathsOf } from './index.ts';

const params = { model: 'gpt-5', messages: [{ role: 'user' as const, content: 'hello' }] };

function open(options: ClientOptions = {}) {
  const provider = fakeProvider.inProcess();
  const { baseURL, fetch } = provider;
  return { provider, bare: new OpenAI({ apiKey: 'test', baseURL, fetch, ...options }) };
}

/** Writes each call down. */
function notes(): Interceptor & { log: string[] } {
  const log: string[] = [];
  const note: Interceptor = (next) => (call) => {
    log.push(`${call.operation.name} ${call.id === '' ? '?' : call.attempt}`);
    return next(call);
  };
  return Object.assign(note, { log });
}

class House extends OpenAI {
  readonly hooks: string[] = [];
  protected override async prepareOptions(options: { path?: string; headers?: unknown }): Promise<void> {
    this.hooks.push(`options ${options.path}`);
    options.headers = { 'x-house': 'yes' };
  }
  protected override async prepareRequest(request: RequestInit, { url }: { url: string }): Promise<void> {
    this.hooks.push(`request ${new URL(url).pathname}`);
    (request.headers as Headers).set('x-interpose-tenant', 'acme');
    request.body = String(request.body).replace('hello', 'good day');
  }
  protected override makeStatusError(...args: Parameters<OpenAI['makeStatusError']>): APIError {
    const error = super.makeStatusError(...args);
    this.hooks.push(`error ${error.status}`);
    return Object.assign(error, { house: true });
  }
}

describe.each(['fast', 'plain'] as const)('a client with a layer beneath it, on the %s path,', (path) => {
  test('is of the class of the given one, which is left as it is', async () => {
    const { bare } = open();
    const before = Reflect.ownKeys(bare);
    const note = notes();
    const client = interpose(bare, [note], { path });
    expect([client instanceof OpenAI, client.constructor, client === bare]).toEqual([true, OpenAI, false]);
    await bare.chat.completions.create(params);
    expect([Reflect.ownKeys(bare), layerOf(bare), pathsOf(bare), note.log]).toEqual([
      before,
      undefined,
      undefined,
      [],
    ]);
    await client.chat.completions.create(params);
    expect(note.log).toEqual(['chat 1']);
  });

  test('of Azure keeps its key, its deployments and its version', async () => {
    const { provider } = open();
    const azure = new AzureOpenAI({
      apiKey: 'azure',
      apiVersion: '2026-01-01',
      endpoint: 'http://azure.test',
      deployment: 'mine',
      fetch: provider.fetch,
    });
    const note = notes();
    const client = interpose(azure, [note], { path });
    const { model } = await client.chat.completions.create(params);
    const { method, path: to, headers } = provider.requests[0]!;
    expect([
      client.constructor,
      client.deploymentName,
      model,
      note.log,
      method,
      to,
      headers['api-key'],
    ]).toEqual([
      AzureOpenAI,
      'mine',
      'gpt-5',
      ['chat 1'],
      'POST',
      '/openai/deployments/mine/chat/completions?api-version=2026-01-01',
      'azure',
    ]);
    const { data } = await client
      .withOptions({ deployment: 'other' })
      .embeddings.create({ model: 'm', input: 'a' });
    expect([data.length, provider.requests[1]?.path.split('/')[3], note.log]).toEqual([
      1,
      'other',
      ['chat 1', 'embeddings 1'],
    ]);
  });

  test('of a user’s class keeps its hooks, which come first', async () => {
    const { provider } = open();
    const { baseURL, fetch } = provider;
    const seen: unknown[] = [];
    const look: Interceptor = (next) => (call) => {
      seen.push(call.params['messages'], call.tags, call.headers.get('x-house'));
      return next(call);
    };
    const client = interpose(new House({ apiKey: 'test', baseURL, fetch, maxRetries: 0 }), [look], { path });
    // So long that its params are taken before the hook changes the body.
    const long = { ...params, user: 'x'.repeat(5000) };
    await client.chat.completions.create(long);
    const error = await client.chat.completions
      .create({ model: 'gpt-5' } as never)
      .catch((caught: unknown) => caught);
    const { headers, body } = provider.requests[0]!;
    expect([
      client.constructor,
      client.hooks,
      seen.slice(0, 3),
      body,
      headers['x-house'],
      headers['x-interpose-tenant'],
      error,
    ]).toEqual([
      House,
      [
        'options /chat/completions',
        'request /v1/chat/completions',
        'options /chat/completions',
        'request /v1/chat/completions',
        'error 400',
      ],
      [[{ role: 'user', content: 'good day' }], { tenant: 'acme' }, 'yes'],
      { ...long, messages: [{ role: 'user', content: 'good day' }] },
      'yes',
      undefined,
      expect.objectContaining({ house: true, status: 400 }),
    ]);
  });

  test('takes hooks that have nothing to wait for', async () => {
    const { provider, bare } = open();
    class Quick extends OpenAI {}
    Object.assign(Quick.prototype, { prepareOptions: () => {}, prepareRequest: () => {} });
    const { baseURL, fetch } = provider;
    const client = interpose(new Quick({ apiKey: 'test', baseURL, fetch }), [notes()], { path });
    expect(await client.chat.completions.create(params)).toEqual(await bare.chat.completions.create(params));
  });

  test('passes each call through the stack once, however its options are changed', async () => {
    const { provider, bare } = open();
    const note = notes();
    const other = fakeProvider.inProcess();
    const client = interpose(bare, [note], { path });
    const changed = [
      client,
      client.withOptions({}),
      client.withOptions({}).withOptions({ maxRetries: 0 }),
      client.withOptions({ timeout: 1000 }).withOptions({ apiKey: 'other' }),
      client.withOptions({ baseURL: 'http://elsewhere.test/v1' }),
      client.withOptions({ fetch: other.fetch }),
      client.withOptions({ fetch: other.fetch }).withOptions({ maxRetries: 1 }),
      interpose(client, layerOf(client)!),
      interpose(client.withOptions({}), layerOf(client)!),
    ];
    const counts: number[][] = [];
    for (const one of changed) {
      provider.reset();
      other.reset();
      note.log.length = 0;
      await one.chat.completions.create(params);
      counts.push([note.log.length, provider.requests.length, other.requests.length]);
      expect(layerOf(one)).toBe(layerOf(client));
    }
    const [here, there] = [
      [1, 1, 0],
      [1, 0, 1],
    ];
    expect(counts).toEqual([here, here, here, here, here, there, there, here, here]);
    expect(changed[4]?.baseURL).toBe('http://elsewhere.test/v1');
  });

  test('may have another layer above it: each sees each call once, by an id of its own', async () => {
    const { provider, bare } = open();
    const order: string[] = [];
    const ids: string[][] = [[], []];
    const named =
      (name: string, index: number): Interceptor =>
      (next) =>
      async (call) => {
        ids[index]?.push(call.id);
        order.push(`${name} ${call.attempt} ${JSON.stringify(call.params['messages'])?.length}`);
        const reply = await next(call);
        order.push(`/${name}`);
        return reply;
      };
    const long = { ...params, messages: [{ role: 'user' as const, content: 'x'.repeat(5000) }] };
    const inner = interpose(bare, [named('inner', 0)], { path });
    const outer = interpose(inner, [named('outer', 1)], { path });
    for (const client of [outer, outer.withOptions({}), outer.withOptions({ fetch: provider.fetch })]) {
      provider.reset();
      order.length = 0;
      await client.chat.completions.create(long);
      expect([order, provider.requests.length]).toEqual([
        ['outer 1 5030', 'inner 1 5030', '/inner', '/outer'],
        1,
      ]);
    }
    expect([new Set(ids.flat()).size, layerOf(outer) === layerOf(inner)]).toEqual([6, false]);
    expect((await outer.chat.completions.create({ ...params, stream: true })).constructor.name).toBe(
      'Stream',
    );
  });

  test('may share its layer with another', async () => {
    const [one, two] = [open(), open()];
    const note = notes();
    const layer = controlLayer([note]);
    await interpose(one.bare, layer, { path }).chat.completions.create(params);
    await interpose(two.bare, layer, { path }).responses.create({ model: 'gpt-5', input: 'a' });
    expect([note.log, one.provider.requests.length, two.provider.requests.length]).toEqual([
      ['chat 1', 'responses 1'],
      1,
      1,
    ]);
  });

  test('gives each call an id, also where the same options are used twice', async () => {
    const { provider, bare } = open();
    provider.script({}, {}, { status: 503, headers: { 'retry-after-ms': '1' } });
    const seen: string[] = [];
    const look: Interceptor = (next) => (call) => {
      seen.push(`${call.id} ${call.attempt}`);
      return next(call);
    };
    const client = interpose(bare, [look], { path });
    const request = { method: 'post' as const, path: '/chat/completions', body: params };
    await client.request(request);
    await client.request(request);
    await client.request(request);
    const ids = [...new Set(seen.map((one) => one.split(' ')[0]))];
    const retried = path === 'fast' ? ids[2] : ids[3];
    expect(seen).toEqual([`${ids[0]} 1`, `${ids[1]} 1`, `${ids[2]} 1`, `${retried} 2`]);
  });
});

test.each([
  [
    'a wrong path',
    () => interpose(open().bare, [], { path: 'quick' as never }),
    "interpose: path must be 'fast' or 'plain', got \"quick\"",
  ],
  [
    'no client',
    () => interpose({} as never, []),
    'interpose: client must be a client of the openai package, got {}',
  ],
  [
    'nothing',
    () => interpose(null as never, []),
    'interpose: client must be a client of the openai package, got null',
  ],
  [
    'no stack',
    () => interpose(open().bare, undefined as never),
    'controlLayer: plugins must be an array, got undefined',
  ],
  [
    'X.509 credentials',
    () => interpose(Object.assign(open().bare, { _options: { x509Transport: {} } }), []),
    'interpose: a client with X.509 credentials refuses any fetch but its own',
  ],
])('refuses %s', (_, wrong, message) => {
  expect(wrong).toThrow(ConfigurationError);
  expect(wrong).toThrow(message);
});
