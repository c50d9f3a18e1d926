import { describe, expect, test } from 'vitest';
import {
  ask,
  chatBody,
  done,
  json,
  layerOver,
  listeners,
  piece,
  refusal,
  settledAs,
  source,
} from './core.test-support.ts';
import {
  ERROR_HEADER,
  Failure,
  InterposeError,
  ReplyError,
  type Fetch,
  type Handler,
  type Interceptor,
  type Plugin,
  type StackEntry,
} from './index.ts';

/** What a client gets of one call: the response in one line, or the error. */
async function got(
  stack: readonly StackEntry[],
  transport: Fetch = async () => json(chatBody('x')),
): Promise<string> {
  const { signal } = new AbortController();
  const result = await settledAs(
    ask(layerOver(transport, stack), { signal }).then(async (response) => {
      const { headers, status } = response;
      const { error } = (await response.json()) as {
        error?: { message: string; code: string; type?: string };
      };
      const code = headers.get(ERROR_HEADER) ?? '-';
      return `${status} ${code} retry=${headers.get('x-should-retry')}: ${error?.message ?? 'no error'}`;
    }),
  );
  expect(listeners(signal)).toBe(0);
  return result;
}

const handler = (handle: unknown): Interceptor =>
  function unit() {
    return handle as Handler;
  };
const network = (): Error =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) });
const retries: Plugin = { name: 'retries', retries: true };

describe('what a handler may get wrong', () => {
  test.each<[string, unknown, string]>([
    ['resolves to nothing', async () => {}, 'a undefined'],
    ['resolves to null', async () => null, 'a null'],
    ['returns nothing', () => {}, 'a undefined'],
    ['resolves to a Response', async () => json({}), 'a object'],
  ])('%s', async (_, handle, what) => {
    expect(await got([handler(handle)])).toBe(
      `500 not_a_reply retry=false: A handler returned ${what.slice(2)} instead of a Reply. ` +
        'Look at the interceptors of this stack, the outermost first: provide(interpose.FETCH), unit',
    );
  });

  test.each<[string, unknown, string]>([
    ['rejects with a text', () => Promise.reject('my prompt'), 'string'],
    [
      'throws nothing',
      () => {
        throw undefined;
      },
      'undefined',
    ],
    [
      'throws an object',
      () => {
        throw { a: 'my prompt' };
      },
      'object',
    ],
  ])('%s', async (_, handle, what) => {
    expect(await got([handler(handle)])).toBe(
      `500 not_an_error retry=false: A handler rejected with something that is not an Error (${what})`,
    );
  });
});

describe('a refusal', () => {
  const refuse = new InterposeError('Too much', { code: 'budget_exceeded', status: 429 });

  test('becomes a response that no client takes for a broken connection, with the error behind it', async () => {
    const layer = layerOver(async () => json({}), [handler(() => Promise.reject(refuse))]);
    const { response, error } = await refusal(layer);
    expect([response instanceof Response, error === refuse]).toEqual([true, true]);
    expect([response.status, [...response.headers], await response.json()]).toEqual([
      429,
      [
        ['content-type', 'application/json'],
        ['x-interpose-error', 'budget_exceeded'],
        ['x-should-retry', 'false'],
      ],
      { error: { message: 'Too much', type: 'interpose_error', code: 'budget_exceeded', param: null } },
    ]);
  });

  test('is found through the errors that a unit wrapped around it', async () => {
    const wrapped = new Error('outer', { cause: new TypeError('inner', { cause: refuse }) });
    expect(await got([handler(() => Promise.reject(wrapped))])).toBe(
      '429 budget_exceeded retry=false: Too much',
    );
  });

  test('tells how long to wait where it is known', async () => {
    const failure = new Failure('rate_limited', { retryAfterMs: 1500 });
    const error = new InterposeError('Wait', { code: 'limited', status: 429, failure });
    const response = await ask(layerOver(async () => json({}), [handler(() => Promise.reject(error))]));
    expect(response.headers.get('retry-after-ms')).toBe('1500');
  });

  test('shows the provider’s reply that it stands for: status, headers and body', async () => {
    const unit: Interceptor = (next) => async (call) => {
      const reply = await next(call);
      throw new InterposeError('Gave up', {
        code: 'retries_exhausted',
        reply,
        failure: (await reply.failure()) ?? new Failure('server'),
      });
    };
    const body = '{"error":{"message":"slow down","code":"rate_limit_exceeded"}}';
    const headers = { 'x-request-id': 'r1', 'retry-after': '7' };
    const response = await ask(layerOver(async () => json(body, { status: 429, headers }), [unit]));
    const shown = ['x-request-id', 'retry-after', 'x-should-retry', ERROR_HEADER].map((name) =>
      response.headers.get(name),
    );
    expect([response.status, ...shown, await response.text()]).toEqual([
      429,
      'r1',
      '7',
      'false',
      'retries_exhausted',
      body,
    ]);
  });

  test('answers like any response: by stream, by bytes, once', async () => {
    const ask1 = (): Promise<Response> =>
      ask(layerOver(async () => json({}), [handler(() => Promise.reject(refuse))]));
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await ask1()).body ?? []) chunks.push(chunk);
    const text = await (await ask1()).text();
    expect(Buffer.concat(chunks).toString()).toBe(text);
    const read = await ask1();
    await read.body?.cancel();
    expect(await settledAs(read.text())).toBe('TypeError: Body is unusable: Body has already been read');
  });
});

describe('an error of others', () => {
  const failing: Fetch = () => Promise.reject(network());

  test('passes as it is when no unit retries, so that the client may', async () => {
    expect(await got([], failing)).toBe('TypeError: fetch failed');
  });

  test('becomes a response when one does, so that the client does not', async () => {
    expect(await got([retries], failing)).toBe(
      '502 call_network retry=false: The call failed (network (ECONNREFUSED))',
    );
    const timeout = Object.assign(new Error('Request timed out'), { name: 'TimeoutError' });
    expect(await got([retries], () => Promise.reject(timeout))).toBe(
      '504 call_timeout retry=false: The call failed (timeout)',
    );
  });

  test('passes as it is when the caller aborted', async () => {
    const controller = new AbortController();
    const transport: Fetch = async () => {
      controller.abort(new Error('gone'));
      throw new DOMException('This operation was aborted', 'AbortError');
    };
    const result = settledAs(ask(layerOver(transport, [retries]), { signal: controller.signal }));
    expect(await result).toBe('AbortError: This operation was aborted');
  });
});

describe('an error that ends a body', () => {
  const truncating: Plugin = { name: 'truncating', failOn: ['truncated', 'network'] };
  const twin = (error: InterposeError): Error => new RangeError(`twin of ${error.code}`);

  test.each([
    ['a stream', 'text/event-stream', [piece('a')], 'RangeError: twin of reply_truncated'],
    ['a broken stream', 'text/event-stream', [piece('a'), network()], 'RangeError: twin of reply_network'],
    ['a broken body', 'application/json', [network()], 'RangeError: twin of reply_network'],
    ['a broken file', 'audio/mpeg', ['a', network()], 'RangeError: twin of reply_network'],
    ['a stream that is whole', 'text/event-stream', [done], done],
  ])('is presented as the client’s users expect it: %s', async (_, type, chunks, expected) => {
    const layer = layerOver(
      async () => source(chunks, { headers: { 'content-type': type } }).response,
      [truncating],
    );
    const init = { method: 'POST', body: '{}' };
    const response = await layer.send('https://api.example/v1/chat/completions', init, { present: twin });
    expect(await settledAs(response.text())).toBe(expected);
  });

  test('is a ReplyError with its failure where nobody presents it', async () => {
    const layer = layerOver(async () => source([piece('abc')]).response, [truncating]);
    const error = await (await ask(layer)).text().catch((each: unknown) => each);
    if (!(error instanceof ReplyError)) throw error;
    expect([error.name, error.code, error.status, error.failure.kind, error.receivedCharacters]).toEqual([
      'ReplyError',
      'reply_truncated',
      502,
      'truncated',
      3,
    ]);
  });
});
