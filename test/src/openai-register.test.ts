import 'reflect-metadata';
import { ConfigurationError, FETCH, type Interceptor } from '@interpose/core';
import { INTERCEPTORS, OPENAI, layerOf, pathsOf, registerOpenAI } from '@interpose/openai';
import { fakeProvider } from '@interpose/testing';
import { OpenAI } from 'openai';
import { container } from 'tsyringe';
import { afterEach, describe, expect, test, vi } from 'vitest';

const params = { model: 'gpt-5', messages: [{ role: 'user' as const, content: 'hello' }] };

function named(name: string, log: string[]): Interceptor {
  return (next) => async (call) => {
    log.push(name);
    return next(call);
  };
}

describe('registerOpenAI', () => {
  afterEach(() => void vi.unstubAllEnvs());

  test('makes one client of a container, with its interceptors in order', async () => {
    const provider = fakeProvider.inProcess();
    const log: string[] = [];
    const app = container.createChildContainer();
    registerOpenAI(app, { client: { apiKey: 'test', baseURL: provider.baseURL } });
    for (const name of ['a', 'b', 'c']) app.register(INTERCEPTORS, { useValue: named(name, log) });
    app.register(FETCH, { useValue: provider.fetch });
    const client = app.resolve(OPENAI);
    await client.chat.completions.create(params);
    expect([log, provider.requests.length]).toEqual([['a', 'b', 'c'], 1]);
    expect([app.resolve(OPENAI) === client, app.createChildContainer().resolve(OPENAI) === client]).toEqual([
      true,
      true,
    ]);
  });

  test('makes another of another container', () => {
    const [one, two] = [container.createChildContainer(), container.createChildContainer()];
    for (const app of [one, two]) registerOpenAI(app, { client: { apiKey: 'test' } });
    expect(one.resolve(OPENAI)).not.toBe(two.resolve(OPENAI));
  });

  test('hands its options on', async () => {
    const app = container.createChildContainer();
    registerOpenAI(app, {
      client: { apiKey: 'k', timeout: 5, maxRetries: 7 },
      path: 'plain',
      order: 'as-given',
    });
    const client = app.resolve(OPENAI);
    expect([
      client.timeout,
      client.maxRetries,
      pathsOf(client)?.params,
      layerOf(client)?.describe().order,
    ]).toEqual([5, 7, 'bytes', 'as-given']);
  });

  test('takes the key from the environment, when the client is first asked for', () => {
    vi.stubEnv('OPENAI_API_KEY', undefined);
    vi.stubEnv('OPENAI_ADMIN_KEY', undefined);
    const app = container.createChildContainer();
    registerOpenAI(app);
    const resolve = () => app.resolve(OPENAI);
    expect(resolve).toThrow(ConfigurationError);
    expect(resolve).toThrow(
      'registerOpenAI: no API key. Set the environment variable OPENAI_API_KEY, or pass { client: { apiKey } }',
    );
    vi.stubEnv('OPENAI_API_KEY', 'from the environment');
    expect([resolve().apiKey, resolve() instanceof OpenAI]).toEqual(['from the environment', true]);
  });

  test('leaves other errors of the client as they are', () => {
    const app = container.createChildContainer();
    registerOpenAI(app, {
      client: { apiKey: 'k', maxRetries: 'many' as never, workloadIdentity: {} as never },
    });
    expect(() => app.resolve(OPENAI)).toThrow(/mutually exclusive/);
  });
});
