import {
  FETCH,
  LightHeaders,
  TAKES_LIGHT_HEADERS,
  type Fetch,
  type Interceptor,
  type Plugin,
} from '@interpose/core';
import { fakeProvider } from '@interpose/testing';
import { AzureOpenAI, OpenAI, type ClientOptions } from 'openai';
import { expect, test } from 'vitest';
import { interpose, pathsOf } from './index.ts';

const noop: Interceptor = (next) => (call) => next(call);
const params = { model: 'gpt-5', messages: [{ role: 'user' as const, content: 'hello' }] };
const schema = { type: 'json_schema' as const, json_schema: { name: 'a', schema: {} } };

type Run = (client: OpenAI) => unknown;

/** The headers of each request that `runs` make, by a client of those options and by the same one with a layer. */
async function sent(options: ClientOptions, runs: readonly Run[], Class: typeof OpenAI = OpenAI) {
  const provider = fakeProvider.inProcess();
  const both: Record<string, string>[][] = [];
  for (const layered of [false, true]) {
    const headers: Record<string, string>[] = [];
    const spy: Fetch = (input, init) => {
      headers.push(Object.fromEntries(new Headers(init?.headers)));
      return provider.fetch(input as string, init);
    };
    const bare = new Class({ apiKey: 'test', baseURL: provider.baseURL, fetch: spy, ...options });
    const client = layered ? interpose(bare, [noop]) : bare;
    // Without credentials the provider refuses; what was sent counts.
    for (const run of runs) await Promise.resolve(run(client)).catch(() => {});
    both.push(headers);
  }
  return { bare: both[0] ?? [], layered: both[1] ?? [] };
}

const create: Run = (client) => client.chat.completions.create(params);
const calls: Record<string, Run> = {
  plain: create,
  stream: (client) => client.chat.completions.stream(params).finalContent(),
  parse: (client) => client.chat.completions.parse({ ...params, response_format: schema }),
  responses: (client) => client.responses.create({ model: 'gpt-5', input: 'hello' }),
  list: (client) => client.models.list(),
  timeout: (client) => client.chat.completions.create(params, { timeout: 5000 }),
  headers: (client) => client.chat.completions.create(params, { headers: { 'x-mine': 'yes' } }),
  'no credentials': (client) => client.chat.completions.create(params, { headers: { authorization: null } }),
  'key of the request': (client) => client.chat.completions.create(params, { idempotencyKey: 'mine' }),
  organisation: (client) => {
    client.organization = 'org';
    return create(client);
  },
  'empty project': (client) => {
    client.project = '';
    return create(client);
  },
  'no project': (client) => {
    client.project = null;
    return create(client);
  },
  'another key': (client) => {
    client.apiKey = 'another';
    return create(client);
  },
};

test('every request has the headers that the client alone would send, in any order of calls', async () => {
  const names = Object.keys(calls);
  const runs = [...names, ...names.toReversed(), ...names].map((name) => calls[name] as Run);
  const { bare, layered } = await sent({}, runs);
  expect(layered).toEqual(bare);
});

test.each<[string, ClientOptions]>([
  ['headers of the client', { defaultHeaders: { 'x-mine': 'yes', accept: null } }],
  ['a key that is asked for', { apiKey: async () => `key ${++asked}` }],
  ['an organisation', { organization: 'org', project: 'proj' }],
])('so has a client with %s', async (_what, options) => {
  asked = 0;
  const { bare, layered } = await sent(options, [create, create]);
  const keys = [...bare, ...layered].map((headers) => headers['authorization']);
  const without = (headers: Record<string, string>) => ({ ...headers, authorization: 'a key' });
  expect(layered.map(without)).toEqual(bare.map(without));
  expect(new Set(keys).size).toBe(asked === 0 ? 1 : 4);
});

let asked = 0;

test('a subclass that checks headers by rules of its own is asked for each request', async () => {
  class Checked extends OpenAI {
    override validateHeaders = (): void => void ++asked;
  }
  asked = 0;
  await sent({}, [create, create], Checked);
  expect(asked).toBe(4);
});

test('an agent that a subclass names anew for each request is sent', async () => {
  class Agent extends OpenAI {
    agent = 'one';
    constructor(options: ClientOptions) {
      super(options);
      // Private in its types, and overridden all the same.
      Object.assign(this, { getUserAgent: () => this.agent });
    }
  }
  const rename: Run = (client) => {
    Object.assign(client, { agent: 'two' });
    return create(client);
  };
  const { layered } = await sent({}, [create, rename], Agent);
  expect(layered.map((headers) => headers['user-agent'])).toEqual(['one', 'two']);
});

test('what one request’s hook does to its headers stays with it', async () => {
  class Hooked extends OpenAI {
    #count = 0;
    protected override async prepareRequest(request: RequestInit): Promise<void> {
      (request.headers as Headers).set('x-count', String(++this.#count));
      if (this.#count === 2) (request.headers as Headers).set('x-second', 'yes');
    }
  }
  const { layered } = await sent({}, [create, create, create], Hooked);
  expect(layered.map((headers) => [headers['x-count'], headers['x-second']])).toEqual([
    ['1', undefined],
    ['2', 'yes'],
    ['3', undefined],
  ]);
});

test('pathsOf says whether it is live', () => {
  class Other extends OpenAI {
    override validateHeaders = (): void => {};
  }
  const fetch = fakeProvider.inProcess().fetch;
  const azure = { apiKey: 'a', baseURL: 'http://x.invalid', apiVersion: 'v', fetch };
  const clients = [
    interpose(new OpenAI({ apiKey: 'a', fetch }), [noop]),
    interpose(interpose(new OpenAI({ apiKey: 'a', fetch }), [noop]), [(next) => next]),
    interpose(new AzureOpenAI(azure), [noop]),
    interpose(new Other({ apiKey: 'a', fetch }), [noop]),
    interpose(new OpenAI({ apiKey: 'a', fetch }), [noop], { path: 'plain' }),
  ];
  expect(clients.map((client) => pathsOf(client)?.headers)).toEqual([
    'reused',
    'reused',
    'reused',
    'built',
    'built',
  ]);
});

test('a client that looks at more than is known here is left alone', async () => {
  const prototype = OpenAI.prototype as unknown as { buildHeaders: (input: object) => Promise<Headers> };
  const { buildHeaders } = prototype;
  prototype.buildHeaders = async function (this: { region?: string }, input) {
    const headers = await buildHeaders.call(this, input);
    headers.set('x-region', this.region ?? 'none');
    return headers;
  };
  try {
    const move: Run = (client) => {
      Object.assign(client, { region: 'north' });
      return create(client);
    };
    const { bare, layered } = await sent({}, [create, move]);
    expect(layered).toEqual(bare);
    expect(layered.map((headers) => headers['x-region'])).toEqual(['none', 'north']);
  } finally {
    prototype.buildHeaders = buildHeaders;
  }
});

test.each<[string, { marked?: boolean; own?: boolean; Class?: typeof OpenAI; light: boolean }]>([
  ['a network that takes light ones', { marked: true, light: true }],
  ['any other', { light: false }],
  ['a fetch of the client\u2019s own', { marked: true, own: true, light: false }],
  ['a subclass', { marked: true, Class: class extends OpenAI {}, light: false }],
])('%s gets the same headers, and the platform\u2019s where it may want them', async (_what, given) => {
  const { marked = false, own = false, Class = OpenAI, light } = given;
  const provider = fakeProvider.inProcess();
  const seen: Headers[] = [];
  const spy: Fetch = (input, init) => {
    seen.push(init?.headers as Headers);
    return provider.fetch(input as string, init);
  };
  const network = marked ? Object.assign(spy.bind(null), { [TAKES_LIGHT_HEADERS]: true }) : spy;
  const bare = new Class({ apiKey: 'test', baseURL: provider.baseURL, ...(own && { fetch: spy }) });
  const register: Plugin = {
    name: 'net',
    register: (container) => container.register(FETCH, { useValue: network }),
  };
  const client = interpose(bare, [noop, register]);
  await create(client);
  await create(client);
  await create(new Class({ apiKey: 'test', baseURL: provider.baseURL, fetch: spy }));
  expect(seen.map((headers) => headers instanceof LightHeaders)).toEqual([light, light, false]);
  expect(seen.every((headers) => light || Object.getPrototypeOf(headers) === Headers.prototype)).toBe(true);
  expect([...(seen[1] as Headers)]).toEqual([...(seen[2] as Headers)]);
});
