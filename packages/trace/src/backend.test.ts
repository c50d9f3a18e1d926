import {
  LOGGER,
  SCRUBBER,
  controlLayer,
  provide,
  withTags,
  FETCH,
  eventType,
  faulted,
  type Interceptor,
} from '@interpose/core';
import { interpose, layerOf, tags } from '@interpose/openai';
import { retry } from '@interpose/retry';
import { fakeProvider } from '@interpose/testing';
import { context, metrics, propagation, trace as otel, type TextMapPropagator } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import OpenAI from 'openai';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { TraceOptions } from './options.ts';
import { bench, read } from './trace.test-support.ts';
import { trace } from './trace.ts';

const HI = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'hi' }] };

afterEach(() => {
  otel.disable();
  metrics.disable();
  propagation.disable();
  context.disable();
});

describe('without an SDK', () => {
  test('nothing is looked at: the client gets the very response, and nobody listens', async () => {
    const given = Response.json({ id: 'c' });
    const layer = controlLayer([trace(), provide(FETCH, async () => given)]);
    const init = { method: 'POST', body: '{"model":"m","stream":true}' };
    expect(await layer.fetch('https://api.example/v1/chat/completions', init)).toBe(given);
    expect(layer.events.active).toBe(false);
  });

  test('one that starts later is found, and so is the next one', async () => {
    const provider = fakeProvider.inProcess();
    const bare = new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', fetch: provider.fetch });
    const traced = interpose(bare, [trace()]);
    await traced.chat.completions.create(HI);
    for (const _sdk of ['first', 'second']) {
      const exporter = new InMemorySpanExporter();
      otel.setGlobalTracerProvider(
        new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
      );
      await traced.chat.completions.create(HI);
      await turn();
      expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['attempt 1', 'chat gpt-4o-mini']);
      otel.disable();
    }
  });

  test('metrics alone are taken where there is nothing but a meter', async () => {
    const provider = fakeProvider.inProcess();
    const bare = new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', fetch: provider.fetch });
    const meter = new MeterProvider().getMeter('test');
    const recorded: unknown[] = [];
    vi.spyOn(meter, 'createHistogram').mockImplementation(
      (name) => ({ record: () => recorded.push(name) }) as never,
    );
    await interpose(bare, [trace({ meter })]).chat.completions.create(HI);
    await turn();
    expect(recorded).toContain('gen_ai.client.inference.duration');
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('a thousand calls at once each keep their parent and their children', async () => {
  const { openai, tracer, spans } = bench({}, [], [retry({ budget: false, maxAttempts: 100 })]);
  let failures = 0;
  const provider = fakeProvider.inProcess();
  const flaky: typeof fetch = async (input, init) => {
    // Every third request fails, so that attempts overlap in every order.
    if (++failures % 3 === 0) return new Response('{}', { status: 503, headers: { 'retry-after-ms': '1' } });
    await turn();
    return provider.fetch(input as string, init);
  };
  const client = openai.withOptions({ fetch: flaky });
  await Promise.all(
    Array.from({ length: 1000 }, async (_, number) => {
      const parent = tracer.startSpan(`caller ${number}`);
      await context.with(otel.setSpan(context.active(), parent), async () => {
        await turn();
        const params = { ...HI, model: `model-${number}` };
        if (number % 2 === 0) await client.chat.completions.create(params);
        else await read(await client.chat.completions.create({ ...params, stream: true }));
      });
      parent.end();
    }),
  );
  await turn();
  const byId = new Map(spans().map((span) => [span.spanContext().spanId, span]));
  const wrong = spans().filter((span) => {
    const parent = byId.get(span.parentSpanContext?.spanId ?? '');
    if (span.name.startsWith('caller')) return parent !== undefined;
    const number = /\d+$/.exec(String(span.attributes['interpose.model'] ?? span.name))?.[0];
    return parent?.name !== (span.name.startsWith('chat') ? `caller ${number}` : `chat model-${number}`);
  });
  expect(wrong).toEqual([]);
  expect(spans().filter(({ name }) => name.startsWith('chat'))).toHaveLength(1000);
  expect(spans().filter(({ name }) => name.startsWith('attempt')).length).toBeGreaterThan(1300);
});

describe('the trace of the caller', () => {
  const carrying: TextMapPropagator = {
    inject: (within, carrier, setter) =>
      setter.set(carrier, 'traceparent', otel.getSpanContext(within)?.spanId ?? ''),
    extract: (within) => within,
    fields: () => ['traceparent'],
  };

  /** The header that the provider gets, and the id of the call's span. */
  async function sent(
    options: TraceOptions,
    headers = {},
  ): Promise<[string | undefined, string | undefined]> {
    propagation.setGlobalPropagator(carrying);
    const { openai, provider, spans } = bench(options);
    await openai.chat.completions.create(HI, { headers });
    await turn();
    const span = spans().find(({ name }) => name.startsWith('chat'));
    return [provider.requests[0]?.headers['traceparent'], span?.spanContext().spanId];
  }

  test('is not told to the provider', async () => {
    const [header] = await sent({});
    expect(header).toBeUndefined();
  });

  test('is told where that is asked for, unless the caller tells another', async () => {
    const [header, spanId] = await sent({ propagate: true });
    expect([header, spanId?.length]).toEqual([spanId, 16]);
    propagation.disable();
    expect((await sent({ propagate: true }, { traceparent: 'mine' }))[0]).toBe('mine');
  });

  test('is active while the call is made, so that others’ spans are beneath the call’s', async () => {
    const seen: (string | undefined)[] = [];
    const looking: Interceptor = (next) => (call) => {
      seen.push(otel.getSpanContext(context.active())?.spanId);
      return next(call);
    };
    const { openai, spans } = bench({}, [], [looking]);
    await openai.chat.completions.create(HI);
    await turn();
    expect(seen).toEqual([
      spans()
        .find(({ name }) => name.startsWith('chat'))
        ?.spanContext().spanId,
    ]);
  });

  test('goes on where it is not sampled, and nothing is recorded', async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(carrying);
    const exporter = new InMemorySpanExporter();
    const spanProcessors = [new SimpleSpanProcessor({ exporter })];
    const tracer = new TracerProvider({ spanProcessors, sampler: new AlwaysOffSampler() }).getTracer('test');
    const provider = fakeProvider.inProcess();
    const bare = new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', fetch: provider.fetch });
    const openai = interpose(bare, [trace({ tracer, propagate: true })]);
    await openai.chat.completions.create(HI);
    expect(provider.requests[0]?.headers['traceparent']).toMatch(/^[0-9a-f]{16}$/);
    expect(exporter.getFinishedSpans()).toEqual([]);
    expect(layerOf(openai)?.events.active).toBe(false);
  });
});

describe('what samplers see at the start', () => {
  test('is the operation, the provider, the model and the server', async () => {
    const seen: unknown[] = [];
    const sampler = {
      shouldSample: (...[, , name, kind, attributes]: unknown[]) => {
        seen.push([name, kind, attributes]);
        return { decision: 0 };
      },
      toString: () => 'looking',
    };
    const tracer = new TracerProvider({ sampler: sampler as never }).getTracer('test');
    const { openai } = bench({ tracer }, [], [], { baseURL: 'https://west.openai.azure.com/openai/v1' });
    await openai.chat.completions.create(HI).catch(() => {});
    expect(seen).toEqual([
      [
        'chat gpt-4o-mini',
        2,
        {
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'azure.ai.openai',
          'gen_ai.request.model': 'gpt-4o-mini',
          'server.address': 'west.openai.azure.com',
          'server.port': 443,
        },
      ],
    ]);
  });
});

test('tags are on the span, scrubbed, and events of others only say what is short', async () => {
  const odd = eventType<object>('odd.thing');
  const telling: Interceptor = (next) => (call) => {
    const data = {
      count: 2,
      why: 'a reason',
      word: 'my.secret',
      text: 'a whole sentence of the user',
      list: [1],
      inner: { ok: true },
    };
    call.runtime.events.emit(odd, 'telling', call, data);
    return next(call);
  };
  const scrubber = provide(SCRUBBER, { scrub: (text: string) => text.replaceAll('secret', '***') });
  const { openai, spans } = bench({ attempts: false }, [], [telling, scrubber]);
  await withTags({ endpoint: 'search', tenant: 'acme' }, () => openai.chat.completions.create(HI));
  await turn();
  const [span] = spans();
  expect(span?.attributes).toMatchObject({
    'interpose.tag.endpoint': 'search',
    'interpose.tag.tenant': 'acme',
  });
  expect(span?.events.map(({ name, attributes }) => [name, attributes])).toEqual([
    [
      'interpose.odd.thing',
      {
        'interpose.unit': 'telling',
        'interpose.odd.thing.count': 2,
        'interpose.odd.thing.word': 'my.***',
        'interpose.odd.thing.inner.ok': true,
      },
    ],
  ]);
});

test('what breaks in a tracer harms no call, is reported each time, and told once', async () => {
  const log = vi.spyOn(console, 'error').mockReturnValue();
  const tracer = {
    startSpan: () => {
      throw new Error('canary: the tracer is broken');
    },
  };
  const quiet = provide(LOGGER, { debug() {}, info() {}, warn() {}, error() {} });
  const { openai } = bench({ tracer: tracer as never }, [], [quiet]);
  const faults: unknown[] = [];
  layerOf(openai)?.events.on(faulted, ({ unit, data }) => faults.push([unit, data.open]));
  await openai.chat.completions.create(HI);
  await read(await openai.chat.completions.create({ ...HI, stream: true }));
  expect(faults).toEqual([
    ['trace', true],
    ['trace', true],
  ]);
  expect(log).toHaveBeenCalledOnce();
  expect(JSON.stringify(log.mock.calls)).not.toContain('canary');
  log.mockRestore();
});

test('a span or a scrubber that breaks ends in a span that is over, and in calls that are not', async () => {
  const log = vi.spyOn(console, 'error').mockReturnValue();
  const scrubber = provide(SCRUBBER, {
    scrub: () => {
      throw new Error('the scrubber is broken');
    },
  });
  const { openai, spans } = bench({ content: 'both' }, [], [scrubber]);
  await openai.chat.completions.create({ ...HI, stop: ['x'] }, tags({ endpoint: 'search' }));
  await turn();
  const span = spans().find(({ name }) => name.startsWith('chat'));
  expect(span?.attributes).toMatchObject({
    'gen_ai.usage.output_tokens': 4,
    'interpose.outcome': 'completed',
  });
  expect(JSON.stringify(span?.attributes)).not.toContain('search');

  const broken = bench({}, [{ status: 503 }], [retry()]);
  const startSpan = broken.tracer.startSpan.bind(broken.tracer);
  const breaking = {
    startSpan: (...args: Parameters<typeof startSpan>) => {
      const made = startSpan(...args);
      made.addEvent = () => {
        throw new Error('the span is broken');
      };
      return made;
    },
  };
  const other = bench({ tracer: breaking as never }, [{ status: 503 }], [retry()]);
  let faults = 0;
  layerOf(other.openai)?.events.on(faulted, () => faults++);
  await other.openai.chat.completions.create(HI);
  await turn();
  expect(broken.spans()).toHaveLength(3);
  // One for each event that could not be added: the attempt that failed, and the wait.
  expect(faults).toBe(2);
  log.mockRestore();
});

test('streams are not asked for their usage where that is not wanted', async () => {
  const { openai, provider, picture } = bench({ streamUsage: false });
  await read(await openai.chat.completions.create({ ...HI, stream: true }));
  expect(provider.requests[0]?.body).not.toHaveProperty('stream_options');
  expect(await picture()).toContain('interpose.usage.estimated.output_tokens');
});

test('a stream that a unit ended says who did, and what is known of its usage', async () => {
  const enough: Interceptor = (next) => async (call) =>
    (await next(call)).cutText('enough', () => ({ over: true, push: (text) => text, end: () => '' }));
  const { openai, spans } = bench({}, [{ text: 'one two three' }], [enough]);
  await read(await openai.chat.completions.create({ ...HI, stream: true }));
  await turn();
  const { attributes } = spans().find(({ name }) => name.startsWith('chat')) ?? {};
  expect(attributes).toMatchObject({
    'interpose.outcome': 'completed',
    'interpose.stopped_by': 'enough',
    'gen_ai.response.finish_reasons': ['stop'],
    'interpose.usage.estimated.output_tokens': 1,
  });
});

test('a layer that retries beneath one that traces does not keep a failed call open', async () => {
  const exporter = new InMemorySpanExporter();
  const spanProcessors = [new SimpleSpanProcessor({ exporter })];
  const tracer = new TracerProvider({ spanProcessors }).getTracer('test');
  const refuse = async (): Promise<Response> => Response.json({}, { status: 401 });
  const bare = new OpenAI({ baseURL: 'http://provider.test/v1', apiKey: 'test', fetch: refuse });
  const openai = interpose(interpose(bare, [retry()]), [trace({ tracer, attempts: false })]);
  await expect(openai.chat.completions.create(HI)).rejects.toThrow('401');
  await turn();
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['chat gpt-4o-mini']);
});

test('a call that its client is through with is kept no longer', async () => {
  const { openai, provider, spans } = bench({ attempts: false });
  const layer = layerOf(openai);
  const id = layer?.newCallId();
  const waiting: (() => void)[] = [];
  const resends = { whenDone: (done: () => void) => void waiting.push(done) };
  const init = { method: 'POST', headers: { authorization: 'Bearer test' }, body: JSON.stringify(HI) };
  for (const _call of ['one', 'another']) {
    const options = { id, resends, transport: provider.fetch };
    await (await layer?.send(`${provider.baseURL}/chat/completions`, init, options))?.text();
    for (const done of waiting.splice(0)) done();
  }
  await turn();
  expect(spans()).toHaveLength(2);
});

test('a call that is given up while the client waits for its own next attempt ends as aborted', async () => {
  const { openai, spans } = bench({ attempts: false }, [
    { status: 503, headers: { 'retry-after-ms': '50000' } },
  ]);
  const controller = new AbortController();
  const asked = openai.chat.completions.create(HI, { signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  await expect(asked).rejects.toThrow('aborted');
  await turn();
  expect(spans().map(({ attributes }) => attributes['interpose.outcome'])).toEqual(['aborted']);
});

test('a stream that nobody reads any more ends its span', async () => {
  const gc = (globalThis as { gc?: () => void }).gc;
  if (!gc) throw new Error('vitest has to run with --expose-gc');
  const { openai, spans } = bench({});
  await openai.chat.completions.create({ ...HI, stream: true }).then(() => {});
  for (let round = 0; round < 200 && spans().length < 2; round++) {
    gc();
    await turn();
  }
  expect(spans().map(({ attributes }) => attributes['interpose.outcome'])).toEqual([
    'abandoned',
    'abandoned',
  ]);
});

test.each([
  [{ semconv: '2' }, "trace: semconv must be one of 'latest', '1.41', 'both', got \"2\""],
  [{ content: true }, "trace: content must be one of 'none', 'span', 'event', 'both', got true"],
  [{ tracer: {} }, 'trace: tracer must be a tracer of OpenTelemetry, got {}'],
  [{ tags: 'endpoint' }, 'trace: tags must be an array of names of tags, got "endpoint"'],
  [{ maxContentCharacters: 0 }, 'trace: maxContentCharacters must be an integer >= 1, got 0'],
])('a wrong option is told when the stack is built: %j', (options, message) => {
  expect(() => trace(options as never)).toThrow(message);
});
