import {
  FETCH,
  Failure,
  InterposeError,
  Reply,
  SCRUBBER,
  controlLayer,
  hit,
  provide,
  traceIds,
  type Interceptor,
  type LayerEvent,
  type Logger,
} from '@interpose/core';
import { fakeProvider, interceptorSuite } from '@interpose/testing';
import { describe, expect, test, vi } from 'vitest';
import { ANSWER, bench, chunk, fieldsOf, recorder } from './log.test-support.ts';
import type { LogEntry } from './entry.ts';
import { log, type LogOptions } from './log.ts';

describe('the suite', () => {
  for (const { name, run } of interceptorSuite(() => log())) test(name, run);
});

test('says all there is to say of a plain call, once it was read', async () => {
  const { layer, call, clock, lines } = bench((time) => [
    async () => {
      await time.advance(812);
      return { status: 200, headers: { 'x-request-id': 'req_1' }, body: ANSWER };
    },
  ]);
  const response = await call({}, { endpoint: 'search', tenant: 'acme' });
  expect(lines).toEqual([]);
  expect(await response.json()).toEqual(ANSWER);
  await clock.advance(0);
  const { callId, ...fields } = fieldsOf(lines[0]);
  expect(callId).toMatch(/^call_/);
  expect(lines[0]).toMatch(/^info chat gpt-4o-mini-2024-07-18 completed in 812 ms \{/);
  expect(fields).toEqual({
    requestId: 'req_1',
    operation: 'chat',
    model: 'gpt-4o-mini-2024-07-18',
    tags: { endpoint: 'search', tenant: 'acme' },
    latencyMs: 812,
    inputTokens: 12,
    outputTokens: 48,
    cachedInputTokens: 4,
    reasoningTokens: 16,
    usage: 'reported',
    source: 'provider',
    attempts: 1,
    status: 200,
    finishReasons: ['stop'],
    outcome: 'completed',
  });
  expect(lines).toHaveLength(1);
  await layer.close();
});

test('says who had enough of a stream, and ended it', async () => {
  const enough: Interceptor = (next) => async (call) =>
    (await next(call)).cutText('enough', () => ({ over: true, push: (text) => text, end: () => '' }));
  const { call, clock, lines } = bench(() => [{ events: [chunk('hello'), chunk(' you')] }], {}, [enough]);
  await (await call({ stream: true })).text();
  await clock.advance(0);
  expect(fieldsOf(lines[0])).toMatchObject({
    outcome: 'completed',
    stoppedBy: 'enough',
    finishReasons: ['stop'],
  });
});

test('names the span of a call that is traced, also when it fails', async () => {
  const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
  const tracing: Interceptor = (next) => (call) => next(call.with({ context: [[traceIds, ids]] }));
  const write: string[] = [];
  const provider = fakeProvider.inProcess({ script: [{}, { status: 400, body: {} }] });
  for (const stack of [
    [tracing, log({ logger: noting(write) })],
    [log({ logger: noting(write) }), tracing],
  ]) {
    const layer = controlLayer([...stack, provide(FETCH, provider.fetch)]);
    const send = (): Promise<Response> =>
      layer.fetch(`${provider.baseURL}/chat/completions`, {
        method: 'POST',
        body: '{"model":"m","messages":[]}',
      });
    await (await send()).text();
    await layer.close();
  }
  expect(write).toEqual(Array(2).fill(`${ids.traceId} ${ids.spanId}`));
});

function noting(lines: string[]): Logger {
  const write = (fields: Partial<LogEntry>): void => void lines.push(`${fields.traceId} ${fields.spanId}`);
  return { debug: write, info: write, warn: write, error: write };
}

test('waits for the end of a stream, and neither holds it nor hurries it', async () => {
  const made: string[] = [];
  const { call, clock, lines } = bench((time) => [
    {
      events: (async function* () {
        for (const word of ['one ', 'two ', 'three']) {
          await time.advance(100);
          made.push(word);
          yield chunk(word, word === 'three' ? 'stop' : null);
        }
      })(),
    },
  ]);
  const response = await call({ stream: true });
  const reader = response.body!.getReader();
  await reader.read();
  expect(made).toEqual(['one ']);
  expect(lines).toEqual([]);
  while (!(await reader.read()).done);
  await clock.advance(0);
  expect(lines).toHaveLength(1);
  expect(fieldsOf(lines[0])).toMatchObject({
    latencyMs: 300,
    firstContentMs: 100,
    outputTokens: 4,
    usage: 'estimated',
    outcome: 'completed',
  });
});

test('measures the first content from the start of the call, further attempts included', async () => {
  const again: Interceptor = (next) => async (call) => {
    await (await next(call)).cancel();
    return next(call.with({ attempt: 2 }));
  };
  const answers = bench(
    (time) => [
      async () => {
        await time.advance(500);
        return { status: 503, body: {} };
      },
      {
        events: (async function* () {
          await time.advance(100);
          yield chunk('hello', 'stop');
        })(),
      },
    ],
    {},
    [again],
  );
  await (await answers.call({ stream: true })).text();
  await answers.clock.advance(0);
  expect(fieldsOf(answers.lines[0])).toMatchObject({ latencyMs: 600, firstContentMs: 600, attempts: 2 });
});

/** The line of one call, without what differs from run to run. */
async function lineOf(
  answer: Parameters<typeof bench>[0],
  act: (made: ReturnType<typeof bench>) => Promise<unknown>,
  more: Parameters<typeof bench>[2] = [],
): Promise<string> {
  const made = bench(answer, {}, more);
  await act(made).catch(() => {});
  await made.clock.advance(0);
  expect(made.lines).toHaveLength(1);
  return (made.lines[0] as string).replace(/"callId":"[^"]*",/, '');
}

test('tells every other end by name and figures', async () => {
  const read = async ({ call }: ReturnType<typeof bench>) => (await call()).text();
  const stream = async ({ call }: ReturnType<typeof bench>) => (await call({ stream: true })).text();
  const refuse: Interceptor = () => async () => {
    throw new InterposeError('Limit of 5 USD reached', { code: 'budget_exceeded', status: 402 });
  };
  const giveUp: Interceptor = (next) => async (call) => {
    const reply = await next(call);
    throw new InterposeError('gave up', {
      code: 'retries_exhausted',
      failure: (await reply.failure())!,
      reply,
    });
  };
  const error = { error: { message: 'you said: SECRET', type: 'requests', code: 'rate_limit_exceeded' } };
  const limited = {
    status: 429,
    headers: { 'retry-after-ms': '50', 'x-request-id': 'req_9' },
    body: error,
  };
  const reset = Object.assign(new TypeError('fetch failed'), { code: 'ECONNRESET' });
  expect([
    await lineOf(() => [limited], read),
    await lineOf(() => [limited], read, [giveUp]),
    await lineOf(() => [reset], read),
    await lineOf(() => [], read, [refuse]),
    await lineOf(() => [{ events: [chunk('one ')], done: false }], stream),
    await lineOf(() => [{ events: [chunk('one ')], error: reset }], stream),
    await lineOf(() => [{ events: [error] }], stream),
  ]).toEqual([
    'warn chat gpt-4o-mini failed in 0 ms: 429 rate_limited (rate_limit_exceeded) ' +
      '{"requestId":"req_9","operation":"chat","model":"gpt-4o-mini","latencyMs":0,"source":"provider","attempts":1,"status":429,' +
      '"outcome":"failed","failure":{"kind":"rate_limited","code":"rate_limit_exceeded","status":429,"transient":true,"retryAfterMs":50}}',
    'warn chat gpt-4o-mini failed in 0 ms: 429 rate_limited (rate_limit_exceeded) ' +
      '{"requestId":"req_9","operation":"chat","model":"gpt-4o-mini","latencyMs":0,"source":"provider","attempts":1,"status":429,' +
      '"outcome":"failed","failure":{"kind":"rate_limited","code":"rate_limit_exceeded","status":429,"transient":true,"retryAfterMs":50}}',
    'warn chat gpt-4o-mini failed in 0 ms: network (ECONNRESET) ' +
      '{"operation":"chat","model":"gpt-4o-mini","latencyMs":0,"attempts":1,' +
      '"outcome":"failed","failure":{"kind":"network","code":"ECONNRESET","transient":true}}',
    'warn chat gpt-4o-mini refused in 0 ms: budget_exceeded ' +
      '{"operation":"chat","model":"gpt-4o-mini","latencyMs":0,"attempts":0,' +
      '"outcome":"refused","failure":{"kind":"refused","code":"budget_exceeded","transient":false}}',
    'warn chat gpt-4o-mini-2024-07-18 truncated after 0 ms ' +
      '{"operation":"chat","model":"gpt-4o-mini-2024-07-18","latencyMs":0,"firstContentMs":0,"inputTokens":21,"outputTokens":1,' +
      '"usage":"estimated","source":"provider","attempts":1,"status":200,"outcome":"truncated",' +
      '"failure":{"kind":"truncated","transient":true}}',
    'warn chat gpt-4o-mini-2024-07-18 failed in 0 ms: network (ECONNRESET) ' +
      '{"operation":"chat","model":"gpt-4o-mini-2024-07-18","latencyMs":0,"firstContentMs":0,"inputTokens":21,"outputTokens":1,' +
      '"usage":"estimated","source":"provider","attempts":1,"status":200,"outcome":"failed",' +
      '"failure":{"kind":"network","code":"ECONNRESET","transient":true}}',
    'warn chat gpt-4o-mini failed in 0 ms: rate_limited (rate_limit_exceeded) ' +
      '{"operation":"chat","model":"gpt-4o-mini","latencyMs":0,"source":"provider","attempts":1,"status":200,' +
      '"outcome":"failed","failure":{"kind":"rate_limited","code":"rate_limit_exceeded","transient":true}}',
  ]);
});

test('does not warn of what its caller gave up', async () => {
  const line = await lineOf(
    (time) => [
      async () => {
        await time.advance(40);
        return new Promise<object>(() => {});
      },
    ],
    async ({ call, clock }) => {
      const controller = new AbortController();
      const waiting = call({}, {}, controller.signal);
      await clock.advance(0);
      controller.abort();
      await waiting;
    },
  );
  expect(line).toBe(
    'info chat gpt-4o-mini aborted after 40 ms {"operation":"chat","model":"gpt-4o-mini","latencyMs":40,"attempts":1,' +
      '"outcome":"aborted","failure":{"kind":"aborted","transient":false}}',
  );
  const cancelled = await lineOf(
    () => [{ events: [chunk('one '), chunk('two ')] }],
    async ({ call }) => (await call({ stream: true })).body!.cancel(),
  );
  expect(cancelled).toMatch(/^info chat gpt-4o-mini aborted after 0 ms/);
});

test('finds out that nobody reads a reply any more', async () => {
  const { call, lines } = bench(() => [{ events: [chunk('one '), chunk('two ')] }]);
  await call({ stream: true }).then((response) => response.status);
  for (let tries = 0; tries < 100 && lines.length === 0; tries++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(lines[0]).toMatch(/^info chat gpt-4o-mini abandoned after 0 ms /);
});

test('counts no request for a hit, and says who answered', async () => {
  const cache: Interceptor = () => async (call) => {
    call.runtime.events.emit(hit, 'cache', call, { source: 'cache' });
    return new Reply(call, Response.json(ANSWER), { source: 'cache' });
  };
  const line = await lineOf(
    () => [],
    async ({ call }) => (await call()).text(),
    [cache],
  );
  expect(fieldsOf(line)).toMatchObject({ source: 'cache', attempts: 0, outcome: 'completed' });
});

test('counts the requests of each call apart', async () => {
  const twice: Interceptor = (next) => async (call) => {
    if (call.tags.tenant === 'twice') await (await next(call)).cancel();
    return next(call);
  };
  const { call, clock, lines } = bench(() => Array.from({ length: 3 }, () => ANSWER), {}, [twice]);
  const responses = await Promise.all([call({}, { tenant: 'once' }), call({}, { tenant: 'twice' })]);
  await Promise.all(responses.map((response) => response.text()));
  await clock.advance(0);
  const counts = lines.map((line) => fieldsOf(line)).map(({ tags, attempts }) => [tags, attempts]);
  expect(counts).toEqual([
    [{ tenant: 'once' }, 1],
    [{ tenant: 'twice' }, 2],
  ]);
});

test('adds fields on request, scrubs them and the tags, and lets them replace nothing', async () => {
  const scrubber = { scrub: (text: string) => text.replaceAll('secret', '***') };
  const options: LogOptions = {
    level: 'debug',
    fields: ({ call, reply, outcome, failure }) => ({
      streamed: call.streamed,
      note: `a secret of ${reply?.status}`,
      deep: [{ also: 'secret', none: failure }],
      characters: outcome?.outputCharacters,
      outcome: 'mine',
    }),
  };
  const { call, clock, lines } = bench(() => [ANSWER], options, [provide(SCRUBBER, scrubber)]);
  await (await call({}, { user: 'secret@example.com' })).text();
  await clock.advance(0);
  expect(lines[0]).toMatch(/^debug /);
  expect(fieldsOf(lines[0])).toMatchObject({
    streamed: false,
    note: 'a *** of 200',
    deep: [{ also: '***' }],
    characters: 5,
    outcome: 'completed',
    tags: { user: '***@example.com' },
  });
});

test('goes on without what breaks, and reports that once', async () => {
  const { logger, lines } = recorder();
  const broken = { ...logger, info: () => Promise.reject(new RangeError('disk is full of SECRET')) };
  const fails = (): never => {
    throw new TypeError('SECRET');
  };
  const faults: string[] = [];
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
  const stacks: readonly [LogOptions, Parameters<typeof bench>[2]][] = [
    [{ logger: { ...logger, info: fails } }, []],
    [{ logger: broken }, []],
    [{ logger, fields: fails }, []],
    [{ logger }, [provide(SCRUBBER, { scrub: fails })]],
  ];
  for (const [options, more] of stacks) {
    const { layer, call, clock } = bench(() => [ANSWER, ANSWER], options, more);
    layer.events.on('*', ({ type, unit, data }: LayerEvent) => {
      if (type === 'fault') faults.push(`${unit} ${(data as { error: Error }).error.name}`);
    });
    for (let calls = 0; calls < 2; calls++) {
      expect(await (await call({}, { user: 'u' })).json()).toEqual(ANSWER);
      await clock.advance(0);
    }
  }
  expect(printed.mock.calls.map((call) => JSON.stringify(call))).toEqual([
    '["log: the logger failed; the calls go on",{"error":"TypeError"}]',
    '["log: the logger failed; the calls go on",{"error":"RangeError"}]',
    '["log: fields failed; the calls go on",{"error":"TypeError"}]',
    '["log: the scrubber failed; the calls go on",{"error":"TypeError"}]',
  ]);
  printed.mockRestore();
  expect(faults).toHaveLength(8);
  // What could be said was said.
  expect(lines.map((line) => line.split(' ')[3])).toEqual([
    'completed',
    'completed',
    'completed',
    'completed',
  ]);
  expect(fieldsOf(lines[3])['tags']).toBeUndefined();
});

test('logs a call that fails with what a failure knows, and throws the very error', async () => {
  const failure = new Failure('timeout', { code: 'ETIMEDOUT', requestId: 'req_3' });
  const { call, lines } = bench(() => [failure]);
  await expect(call()).rejects.toBe(failure);
  expect(lines[0]).toMatch(/^warn chat gpt-4o-mini failed in 0 ms: timeout \(ETIMEDOUT\) /);
  expect(fieldsOf(lines[0])['requestId']).toBe('req_3');
});

test('checks its options when it is made', () => {
  expect(() => log({ level: 'loud' } as unknown as LogOptions)).toThrow(
    "log: level must be one of 'debug', 'info', 'warn', 'error', got \"loud\"",
  );
  expect(() => log({ logger: { info() {} } } as unknown as LogOptions)).toThrow(
    'log: logger must be an object with debug, info, warn and error',
  );
  expect(() => log({ fields: {} } as unknown as LogOptions)).toThrow('log: fields must be a function');
});

test('describes itself', () => {
  expect(log().describe?.()).toEqual({ level: 'info', logger: 'default', fields: 'none' });
  expect(log({ logger: console, level: 'debug', fields: () => ({}) }).describe?.()).toEqual({
    level: 'debug',
    logger: 'custom',
    fields: 'custom',
  });
});
