import { Failure, InterposeError, Reply, type FailureKind, type Interceptor } from '@interpose/core';
import { quotaExhausted, type ScriptedAnswer } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { answer, errorOf, failing, networkError, stackOf, told } from './retry.test-support.ts';

const KINDS: Readonly<Record<FailureKind, 'retried' | 'passed on'>> = {
  network: 'retried',
  timeout: 'retried',
  stalled: 'retried',
  truncated: 'retried',
  rate_limited: 'retried',
  overloaded: 'retried',
  server: 'retried',
  conflict: 'retried',
  quota_exhausted: 'passed on',
  invalid_request: 'passed on',
  context_length: 'passed on',
  authentication: 'passed on',
  permission: 'passed on',
  not_found: 'passed on',
  content_filter: 'passed on',
  invalid_output: 'passed on',
  refused: 'passed on',
  aborted: 'passed on',
};

test.each(Object.entries(KINDS))('a failure of kind %s is %s', async (kind, expected) => {
  const failure = new InterposeError('x', { code: 'x', failure: new Failure(kind as FailureKind) });
  const stack = stackOf([failure, answer()]);
  const asked = await stack.ask();
  expect([stack.handler.calls.length, asked.error]).toEqual(
    expected === 'retried' ? [2, undefined] : [1, failure],
  );
});

const STATUSES: readonly (readonly [status: number, headers: Record<string, string>, requests: number])[] = [
  [400, {}, 1],
  [401, {}, 1],
  [402, {}, 1],
  [403, {}, 1],
  [404, {}, 1],
  [408, {}, 2],
  [409, {}, 2],
  [413, {}, 1],
  [422, {}, 1],
  [425, {}, 2],
  [429, {}, 2],
  [500, {}, 2],
  [502, {}, 2],
  [503, {}, 2],
  [504, {}, 2],
  [529, {}, 2],
  // What the provider says of it counts for more.
  [400, { 'x-should-retry': 'true' }, 2],
  [503, { 'x-should-retry': 'false' }, 1],
];

test.each(STATUSES)(
  'a %i %j makes, with an answer after it, %i request(s)',
  async (status, headers, requests) => {
    const stack = stackOf([failing(status, null, headers), answer()]);
    const { response } = await stack.ask();
    expect([stack.handler.calls.length, response.status]).toEqual([requests, requests === 2 ? 200 : status]);
  },
);

const CODES = ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'UND_ERR_SOCKET', 'ETIMEDOUT'];

test.each(CODES)('a connection that fails of %s is tried again', async (code) => {
  const stack = stackOf([networkError(code), networkError(code), answer()]);
  expect([told(await stack.ask()), stack.handler.calls.length]).toEqual(['200 hello back', 3]);
});

test.each(['DEPTH_ZERO_SELF_SIGNED_CERT', 'CERT_HAS_EXPIRED'])(
  'a certificate with %s is not',
  async (code) => {
    const stack = stackOf([networkError(code), answer()]);
    await stack.ask();
    expect(stack.handler.calls.length).toBe(1);
  },
);

describe('a spent quota', () => {
  test.each(Object.keys(quotaExhausted))('told as %s makes one request and no wait', async (name) => {
    const shape = quotaExhausted[name]?.() as { status: number; body: { error: object } };
    const asking = { ...shape, headers: { 'retry-after-ms': '5', 'x-should-retry': 'true' } };
    const stack = stackOf([asking, answer()]);
    const { response, text } = await stack.ask();
    expect([response.status, JSON.parse(text), stack.handler.calls.length, stack.clock.waits]).toEqual([
      429,
      shape.body,
      1,
      [],
    ]);
  });

  test('told inside a 200 is handed on as it came', async () => {
    const body = { error: { message: 'x', type: 'insufficient_quota', code: null } };
    const stack = stackOf([body, answer()]);
    expect([JSON.parse((await stack.ask()).text), stack.handler.calls.length]).toEqual([body, 1]);
  });
});

describe('a plain 200', () => {
  const CASES: Readonly<Record<string, ScriptedAnswer>> = {
    'whose JSON is cut': { status: 200, body: '{"choices":[{"index":0,"mess' },
    'that says it is an error of the server': { error: { message: 'x', type: 'server_error' } },
    'whose body breaks off': (call) => new Reply(call, breaking()),
  };

  test.each(Object.entries(CASES))('%s is tried again', async (_, first) => {
    const stack = stackOf([first, answer()]);
    expect([told(await stack.ask()), stack.handler.calls.length]).toEqual(['200 hello back', 2]);
  });

  function breaking(): Response {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(Buffer.from('{"choices":')),
      pull: (controller) => controller.error(networkError('UND_ERR_SOCKET')),
    });
    return new Response(body, { headers: { 'content-type': 'application/json' } });
  }
});

describe('what is persistent', () => {
  test('passes as it came: the very error', async () => {
    const refusal = new InterposeError('no', { code: 'no', status: 402 });
    const stack = stackOf(
      [answer()],
      {},
      { inside: [{ name: 'refuse', create: () => () => () => Promise.reject(refusal) }] },
    );
    const { error } = await stack.ask();
    expect(error).toBe(refusal);
    expect(stack.log).toEqual(['start', 'attempt-failed 1 refused', 'refusal no']);
  });

  test('passes as it came: the status, headers and body of the provider', async () => {
    const stack = stackOf([failing(400, 'context_length_exceeded', { 'x-own': 'kept' })]);
    const { response, text, error } = await stack.ask();
    expect([response.status, response.headers.get('x-own'), error]).toEqual([400, 'kept', undefined]);
    expect(JSON.parse(text)).toEqual(failing(400, 'context_length_exceeded').body);
  });

  test('passes as it came: the very reply', async () => {
    const replies: Reply[] = [];
    const look: Interceptor = (next) => async (call) => {
      const reply = await next(call);
      replies.push(reply);
      return reply;
    };
    const around = { outside: [look], inside: [{ name: 'inner', create: () => look }] };
    const stack = stackOf([failing(401), { error: { code: 'insufficient_quota' } }], {}, around);
    await stack.ask();
    await stack.ask();
    expect(replies.map((reply) => replies.indexOf(reply))).toEqual([0, 0, 2, 2]);
  });

  test('is not for a client above to send again either', async () => {
    const stack = stackOf([failing(429, 'insufficient_quota')]);
    const { response } = await stack.ask();
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([429, 'false']);
  });

  test('is what cannot be sent twice: a body that is a stream', async () => {
    const stack = stackOf([failing(503), answer()]);
    const body = new Blob(['{}']).stream();
    const { response } = await stack.ask({}, { body, duplex: 'half' } as RequestInit);
    expect([response.status, stack.handler.calls.length]).toEqual([503, 1]);
  });

  test('is everything with maxAttempts 1, thrown errors too', async () => {
    const stack = stackOf([failing(503), networkError()], { maxAttempts: 1 });
    const { response, error } = await stack.ask();
    expect([response.status, error, stack.handler.calls.length]).toEqual([503, undefined, 1]);
    expect((await stack.ask()).error).toMatchObject({
      code: 'call_network',
      cause: { message: 'fetch failed' },
    });
    expect(stack.log.slice(0, 4)).toEqual([
      'start',
      'attempt 1',
      'attempt-failed 1 overloaded',
      'settle failed',
    ]);
  });
});

describe('shouldRetry', () => {
  test('is asked about each failure, with the call and the attempt, and decides alone', async () => {
    const seen: string[] = [];
    const stack = stackOf([failing(400), failing(503), answer()], {
      shouldRetry: ({ call, failure, attempt }) => {
        seen.push(`${call.operation.name} ${failure.kind} ${attempt}`);
        return failure.status === 400;
      },
    });
    expect((await stack.ask()).response.status).toBe(503);
    expect(seen).toEqual(['chat invalid_request 1', 'chat overloaded 2']);
  });

  test('is not asked about what cannot be sent again', async () => {
    const shouldRetry = (): never => {
      throw new Error('asked');
    };
    const stack = stackOf([failing(503)], { maxAttempts: 1, shouldRetry });
    expect((await stack.ask()).response.status).toBe(503);
  });

  test('that throws ends the call', async () => {
    const stack = stackOf([failing(503), answer()], {
      shouldRetry: () => {
        throw new Error('oops');
      },
    });
    expect(await errorOf(stack.ask().then(({ error }) => Promise.reject(error)))).toMatchObject({
      cause: { message: 'oops' },
    });
    expect(stack.handler.calls.length).toBe(1);
  });
});
