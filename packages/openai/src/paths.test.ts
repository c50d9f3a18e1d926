import { chat, controlLayer, type Fetch, type Interceptor } from '@interpose/core';
import { fakeProvider } from '@interpose/testing';
import { OpenAI } from 'openai';
import { Stream } from 'openai/core/streaming';
import { describe, expect, test, vi } from 'vitest';
import { interpose, pathsOf, type InterposeOptions } from './index.ts';

const params = { model: 'gpt-5', messages: [{ role: 'user' as const, content: 'hello' }] };
const long = { ...params, user: 'x'.repeat(5000) };

const look: Interceptor = (next) => async (call) => (await next(call)).tap({});

function open(options: InterposeOptions = {}, Class: typeof OpenAI = OpenAI, stack: Interceptor[] = [look]) {
  const provider = fakeProvider.inProcess();
  const { baseURL, fetch } = provider;
  const bare = new Class({ apiKey: 'test', baseURL, fetch });
  return { provider, bare, client: interpose(bare, stack, options) };
}

describe('pathsOf', () => {
  const bytes = { headers: 'built', requests: 'whole', params: 'bytes', replies: 'bytes', streams: 'bytes' };
  const objects = {
    headers: 'reused',
    requests: 'short',
    params: 'objects',
    replies: 'objects',
    streams: 'objects',
  };

  test('says that everything is handed over as objects with the installed client', () => {
    const { bare, client } = open();
    const paths = [
      bare,
      client,
      client.withOptions({}),
      interpose(client, [look]),
      open({ path: 'plain' }).client,
    ];
    // The hooks of a layer want to be called by the client.
    const second = { ...objects, requests: 'whole' };
    expect(paths.map(pathsOf)).toEqual([undefined, objects, objects, second, bytes]);
  });

  test('says so of a client of another copy of its package', () => {
    const foreign = Object.create(null) as { withOptions?: unknown };
    foreign.withOptions = () =>
      Object.assign(Object.create(null), { withOptions: () => {}, fetch, makeStatusError: () => {} });
    expect(pathsOf(interpose(foreign as never, []))).toEqual(bytes);
  });

  test.each([
    ['buildBody', { ...objects, params: 'bytes' }],
    ['parseResponseWithTimeout', { ...objects, requests: 'whole', replies: 'bytes', streams: 'bytes' }],
    ['responsePromise', { ...objects, requests: 'whole', replies: 'bytes', streams: 'bytes' }],
    ['makeRequest', { ...objects, requests: 'whole' }],
    ['buildRequest', { ...objects, requests: 'whole' }],
    ['fetchWithTimeout', { ...objects, requests: 'whole' }],
  ] as const)('says what is missing without %s', (name, paths) => {
    expect(pathsOf(open({}, without(name)).client)).toEqual(paths);
  });
});

/** The client as it would be without some of its private methods: under other names, in another release. */
function without(...names: readonly string[]): typeof OpenAI {
  class Other extends OpenAI {
    constructor(options: ConstructorParameters<typeof OpenAI>[0]) {
      super(options);
      for (const name of names) {
        const inherited = (OpenAI.prototype as unknown as Record<string, (...args: unknown[]) => unknown>)[
          name
        ];
        // Gone for whoever looks before the first call, there for the client itself.
        let asked = 0;
        Object.defineProperty(this, name, {
          configurable: true,
          get: () => (asked++ < 8 && !started.has(this) ? undefined : inherited),
        });
      }
    }
  }
  return Other;
}

const started = new WeakSet();

describe('the objects are live:', () => {
  test('params are not parsed from the text', async () => {
    const parse = vi.spyOn(JSON, 'parse');
    try {
      const peek: Interceptor = (next) => (call) => {
        parse.mockClear();
        if (call.is(chat)) void call.params.messages;
        parsed.push(parse.mock.calls.length);
        return next(call);
      };
      const parsed: number[] = [];
      for (const path of ['fast', 'plain'] as const)
        await open({ path }, OpenAI, [peek]).client.chat.completions.create(long);
      expect(parsed).toEqual([0, 1]);
    } finally {
      parse.mockRestore();
    }
  });

  test('a reply is handed up as the object that was looked at', async () => {
    const bodies: unknown[] = [];
    const peek: Interceptor = (next) => async (call) => {
      const reply = await next(call);
      bodies.push(await reply.json());
      return reply;
    };
    const run = async (path: 'fast' | 'plain') =>
      await open({ path }, OpenAI, [peek]).client.chat.completions.create(params);
    const [fast, plain] = [await run('fast'), await run('plain')];
    expect([fast === bodies[0], plain === bodies[1], fast]).toEqual([true, false, plain]);
  });

  test('a stream is handed up as the objects that were looked at, in a stream of the client’s', async () => {
    const run = async (path: 'fast' | 'plain') => {
      const events: unknown[] = [];
      const peek: Interceptor = (next) => async (call) =>
        (await next(call)).tap({ event: ({ json }) => void events.push(json) });
      const { client } = open({ path }, OpenAI, [peek]);
      const stream = await client.completions.create({ model: 'gpt-5', prompt: 'a', stream: true });
      const same: boolean[] = [];
      for await (const chunk of stream) same.push(events.includes(chunk));
      return { same: [...new Set(same)], is: stream instanceof Stream, Class: stream.constructor === Stream };
    };
    expect([await run('fast'), await run('plain')]).toEqual([
      { same: [true], is: true, Class: true },
      { same: [false], is: true, Class: true },
    ]);
  });
});

describe('without private methods of the client', () => {
  test.each([
    ['buildBody'],
    ['parseResponseWithTimeout'],
    ['responsePromise'],
    ['makeRequest'],
    ['buildBody', 'parseResponseWithTimeout', 'responsePromise', 'makeRequest'],
  ])('everything works the plain way (%s, %s)', async (...names) => {
    const { bare, client } = open({}, without(...names));
    started.add(bare).add(client);
    const raw = await client.chat.completions.create(params).asResponse();
    const got = [
      await client.chat.completions.create(long),
      (await client.chat.completions.create(params).withResponse()).data,
      await client.chat.completions.stream(params).finalContent(),
      await Response.prototype.text.call(raw),
      await (await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'a' })).text(),
    ];
    const wanted = [
      await bare.chat.completions.create(long),
      await bare.chat.completions.create(params),
      await bare.chat.completions.stream(params).finalContent(),
      await (await bare.chat.completions.create(params).asResponse()).text(),
      await (await bare.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'a' })).text(),
    ];
    expect(got).toEqual(wanted);
  });
});

describe.each(['fast', 'plain'] as const)(
  'a layer with nothing to do is invisible on the %s path:',
  (path) => {
    const noop: Interceptor = (next) => (call) => next(call);

    test('the provider’s very response is handed up, and the client’s very request goes out', async () => {
      const requests: Parameters<Fetch>[] = [];
      const responses: Response[] = [];
      const provider = fakeProvider.inProcess();
      const spy: Fetch = async (...args) => {
        requests.push(args);
        responses.push(await provider.fetch(...(args as Parameters<typeof fetch>)));
        return responses.at(-1) as Response;
      };
      const bare = new OpenAI({ apiKey: 'test', baseURL: provider.baseURL, fetch: spy });
      const client = interpose(bare, [noop, (next) => next], { path });
      const raw = await client.chat.completions.create(params).asResponse();
      const { response } = await client.chat.completions.create(params).withResponse();
      const streamed = await client.chat.completions.create({ ...params, stream: true }).asResponse();
      const speech = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'a' });
      expect([raw, response, streamed, speech].map((one, index) => one === responses[index])).toEqual([
        true,
        true,
        true,
        true,
      ]);
      await bare.chat.completions.create(params);
      const shape = ([url, init]: Parameters<Fetch>) => [
        url,
        Object.keys(init ?? {}),
        [...new Headers(init?.headers).keys()],
        init?.body,
      ];
      expect(shape(requests[0]!)).toEqual(shape(requests.at(-1)!));
    });

    test('an error’s headers are the response’s', async () => {
      const responses: Response[] = [];
      const provider = fakeProvider.inProcess({ replies: { status: 400 } });
      const spy: Fetch = async (...args) => {
        responses.push(await provider.fetch(...(args as Parameters<typeof fetch>)));
        return responses.at(-1) as Response;
      };
      const bare = new OpenAI({ apiKey: 'test', baseURL: provider.baseURL, fetch: spy });
      const text: Interceptor = (next) => async (call) =>
        (await next(call)).mapText(() => ({ push: (one) => one, end: () => '' }));
      for (const stack of [[noop], [look], [text]]) {
        const error = await interpose(bare, stack, { path })
          .chat.completions.create(params)
          .catch((caught: unknown) => caught);
        expect((error as InstanceType<typeof OpenAI.APIError>).headers).toBe(responses.at(-1)?.headers);
      }
    });

    test('the properties of a fetch are on the one that stands for it', () => {
      const own = Object.assign(async () => new Response(), {
        Response: class Mine {},
        preconnect: () => {},
      });
      const client = interpose(new OpenAI({ apiKey: 'test', fetch: own as never }), controlLayer([noop]), {
        path,
      });
      const { fetch } = client as unknown as { fetch: typeof own };
      expect([fetch.Response, fetch.preconnect]).toEqual([own.Response, own.preconnect]);
    });
  },
);
