import { withTags, type Interceptor, type Tags } from '@interpose/core';
import { fakeProvider } from '@interpose/testing';
import { OpenAI, type ClientOptions } from 'openai';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { interpose, tags } from './index.ts';

const params = { model: 'gpt-5', messages: [{ role: 'user' as const, content: 'hello' }] };

describe('tags', () => {
  test.each([
    ['no options', undefined, { headers: { 'x-interpose-tenant': 'acme' } }],
    [
      'other options',
      { timeout: 5, maxRetries: 1, headers: { 'X-A': '1', 'x-b': null, 'x-c': undefined } },
      { timeout: 5, maxRetries: 1, headers: { 'x-a': '1', 'x-b': null, 'x-interpose-tenant': 'acme' } },
    ],
    [
      'headers as pairs',
      { headers: [['X-A', '1']] },
      { headers: { 'x-a': '1', 'x-interpose-tenant': 'acme' } },
    ],
    [
      'an object of headers',
      { headers: new Headers({ 'X-A': '1' }) },
      { headers: { 'x-a': '1', 'x-interpose-tenant': 'acme' } },
    ],
  ])('keep %s', (_, options, wanted) => {
    expect(tags({ tenant: 'acme' }, options as never)).toEqual(wanted);
  });

  test.each([
    ['Tenant', 'a', 'tags: a name must be lower-case letters, digits, - and _, got "Tenant"'],
    ['tenant', 7, 'tags: tenant must be a string, got 7'],
  ])('are checked (%s: %j)', (name, value, message) => {
    expect(() => tags({ [name]: value as string })).toThrow(message);
  });
});

describe.each(['fast', 'plain'] as const)('on the %s path,', (path) => {
  afterEach(() => void vi.unstubAllEnvs());

  async function seen(options: ClientOptions, call: (client: OpenAI) => Promise<unknown>) {
    const provider = fakeProvider.inProcess();
    const { baseURL, fetch } = provider;
    const all: Tags[] = [];
    const look: Interceptor = (next) => (one) => {
      all.push(one.tags);
      return next(one);
    };
    await call(interpose(new OpenAI({ apiKey: 'test', baseURL, fetch, ...options }), [look], { path }));
    const sent = provider.requests
      .flatMap(({ headers }) => Object.keys(headers))
      .filter((name) => /^x-(interpose|a)/.test(name));
    return { tags: all, sent };
  }

  const acme = { endpoint: 'search', tenant: 'Ümläut & Söhne, 東京' };

  test('tags reach the interceptors and not the wire', async () => {
    const create = (client: OpenAI) =>
      client.chat.completions.create(params, tags(acme, { headers: { 'x-a': '1' }, timeout: 1000 }));
    expect(await seen({}, create)).toEqual({ tags: [acme], sent: ['x-a'] });
  });

  test('so do those of streams, uploads and helpers', async () => {
    const run = async (client: OpenAI) => {
      for await (const _ of await client.chat.completions.create({ ...params, stream: true }, tags(acme)));
      await client.chat.completions.stream(params, tags(acme)).done();
      await client.audio.transcriptions.create({ model: 'w', file: new File(['a'], 'a.mp3') }, tags(acme));
    };
    expect(await seen({}, run)).toEqual({ tags: [acme, acme, acme], sent: [] });
  });

  test('they do not reach the wire of calls that pass by the stack either', async () => {
    expect(await seen({}, (client) => client.models.retrieve('gpt-5', tags(acme)))).toEqual({
      tags: [],
      sent: [],
    });
  });

  test.each<[string, ClientOptions]>([
    ['an object', { defaultHeaders: { 'X-Interpose-Tenant': 'acme' } }],
    ['pairs', { defaultHeaders: [['x-interpose-tenant', 'acme']] }],
    ['headers', { defaultHeaders: new Headers({ 'x-interpose-tenant': 'acme' }) }],
  ])('default headers may be tags, given as %s', async (_, options) => {
    const create = async (client: OpenAI) => {
      await client.chat.completions.create(params);
      await client.withOptions({}).chat.completions.create(params);
      await client
        .withOptions({ defaultHeaders: { 'x-interpose-user': 'u' } })
        .chat.completions.create(params);
    };
    expect(await seen(options, create)).toEqual({
      tags: [{ tenant: 'acme' }, { tenant: 'acme' }, { user: 'u' }],
      sent: [],
    });
  });

  test('headers of the environment may be tags', async () => {
    vi.stubEnv('OPENAI_CUSTOM_HEADERS', 'x-interpose-tenant: acme');
    expect(await seen({}, (client) => client.chat.completions.create(params))).toEqual({
      tags: [{ tenant: 'acme' }],
      sent: [],
    });
  });

  test('tags of the surroundings yield to those of the client, and these to those of the call', async () => {
    const run = (client: OpenAI) =>
      withTags({ tenant: 'ambient', user: 'ambient', endpoint: 'ambient' }, async () => {
        await client.chat.completions.create(params);
        await client.chat.completions.create(params, tags({ endpoint: 'call' }));
      });
    expect(await seen({ defaultHeaders: { 'x-interpose-user': 'client' } }, run)).toEqual({
      tags: [
        { tenant: 'ambient', user: 'client', endpoint: 'ambient' },
        { tenant: 'ambient', user: 'client', endpoint: 'call' },
      ],
      sent: [],
    });
  });
});
