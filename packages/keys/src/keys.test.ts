import { ConfigurationError, classifyResponse, deadline, detour, type Interceptor } from '@interpose/core';
import { interceptorSuite } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { OK, bench, deferred, limited, refused, spent } from './keys.test-support.ts';
import { KeysExhaustedError, keys, type KeysOptions } from './index.ts';

describe('a pool', () => {
  test('gives each call a key in the place of the one of the client', async () => {
    const { ask, used, handler } = bench({ keys: ['a', 'b', 'c'] });
    for (let call = 0; call < 5; call++) await ask();
    expect(used()).toEqual(['a', 'b', 'c', 'a', 'b']);
    expect([...(handler.calls[0]?.headers ?? [])]).toEqual([
      ['authorization', 'Bearer a'],
      ['content-type', 'application/json'],
    ]);
  });

  test('says which was used by the last four characters of its hash', async () => {
    const [first] = keys({ keys: ['a', 'b'] }).describe!()['keys'] as string[];
    expect(first).toMatch(/^[0-9a-f]{4}$/);
    const seen: unknown[] = [];
    const watch: Interceptor = (next) => (call) => {
      call.runtime.events.on('*', ({ type, data }) => void seen.push([type, data]));
      return next(call);
    };
    await bench({ keys: ['a', 'b'] }, [], [watch]).ask();
    expect(seen).toContainEqual(['keys.used', { key: first }]);
  });

  test('uses the header in which the call has its key', async () => {
    const { ask, handler } = bench({ keys: ['a'] });
    await ask({ headers: { authorization: '', 'api-key': 'x' } });
    await ask({ url: 'https://x.openai.azure.com/openai/chat/completions', headers: { 'api-key': 'x' } });
    const [, azure] = handler.calls;
    expect([azure?.headers.get('api-key'), azure?.headers.get('authorization')]).toEqual(['a', null]);
    // No key follows where a server points.
    expect(azure?.request()[1].redirect).toBe('manual');
    await ask({ headers: { 'api-key': 'x' } });
    expect(Object.fromEntries(handler.calls[2]?.headers ?? [])).toEqual({
      authorization: 'Bearer a',
      'content-type': 'application/json',
    });
  });

  test('sends a key with its organisation and project, to its own address, with no secret of another', async () => {
    const elsewhere = { key: 'b', baseURL: 'https://eu.test/v2/', organization: 'org-b', project: 'proj-b' };
    const { ask, handler } = bench({ keys: ['a', elsewhere] });
    const headers = { 'openai-organization': 'org', 'x-secret': 'of the first host', 'api-key': 'old' };
    await ask({ headers });
    await ask({ headers, url: 'https://api.test/v1/chat/completions?x=1' });
    const [first, second] = handler.calls;
    expect([first?.url, first?.headers.get('openai-organization'), first?.headers.get('x-secret')]).toEqual([
      'https://api.test/v1/chat/completions',
      'org',
      'of the first host',
    ]);
    expect([second?.url, Object.fromEntries(second?.headers ?? [])]).toEqual([
      'https://eu.test/v2/chat/completions',
      {
        authorization: 'Bearer b',
        'content-type': 'application/json',
        'openai-organization': 'org-b',
        'openai-project': 'proj-b',
      },
    ]);
  });

  test('leaves a call alone that was given credentials of its own', async () => {
    const elsewhere: Interceptor = (next) => (call) =>
      next(call.with({ context: [[detour, { kind: 'fallback', target: 'x', ownCredentials: true }]] }));
    const { ask, used } = bench({ keys: ['a'] }, [], [elsewhere]);
    await ask();
    expect(used()).toEqual(['of-the-client']);
  });
});

describe('a key rests', () => {
  test.each<[string, Parameters<typeof limited>[0], number]>([
    ['for as long as a 429 asks', { 'retry-after': '7' }, 7000],
    ['for 20 s after one that does not say', {}, 20_000],
  ])('%s', async (_, headers, ms) => {
    const { ask, used, clock, told } = bench({ keys: ['a', 'b'] }, [limited(headers)]);
    await ask();
    for (let call = 0; call < 3; call++) await ask();
    expect(used()).toEqual(['a', 'b', 'b', 'b']);
    expect(told).toEqual([`keys.rest {"reason":"rate_limited","ms":${ms}}`]);
    await clock.advance(ms - 1);
    await ask();
    await clock.advance(1);
    await ask();
    await ask();
    expect(used().slice(4)).toEqual(['b', 'b', 'a']);
  });

  test('longer with a quota that is spent', async () => {
    const { ask, used, clock } = bench({ keys: ['a', 'b'] }, [spent]);
    await ask();
    await clock.advance('59m');
    await ask();
    await ask();
    expect(used()).toEqual(['a', 'b', 'b']);
    await clock.advance('1m');
    await ask();
    await ask();
    expect(used().slice(3)).toEqual(['b', 'a']);
  });

  test('that was refused, until it may be tried again', async () => {
    const { ask, used, clock, told } = bench({ keys: ['a', 'b'], retirement: '2h' }, [refused]);
    await ask();
    await clock.advance('119m');
    await ask();
    expect(used()).toEqual(['a', 'b']);
    await clock.advance('1m');
    await ask();
    await ask();
    expect(used()).toEqual(['a', 'b', 'b', 'a']);
    expect(told).toEqual(['keys.rest {"reason":"retired","ms":7200000}']);
  });

  test('for the longest that it heard of, whatever comes after', async () => {
    const { ask, clock } = bench({ keys: ['a'] }, [
      limited({ 'retry-after': '60' }),
      limited({ 'retry-after': '1' }),
    ]);
    await Promise.all([ask(), ask()]);
    await clock.advance('2s');
    expect((await ask()).error).toMatchObject({ retryAfterMs: 58_000 });
  });

  test.each([
    ['7200', 7_200_000],
    ['1', 3_600_000],
  ])(
    'with a quota that is spent for an hour at least, also where %s s are asked for',
    async (seconds, ms) => {
      const answer = { ...(spent as object), headers: { 'retry-after': seconds } };
      const { ask, told } = bench({ keys: ['a', 'b'] }, [answer]);
      await ask();
      expect(told).toEqual([`keys.rest {"reason":"quota_exhausted","ms":${ms}}`]);
    },
  );

  test('that was refused stays retired, though calls end well that began before', async () => {
    const answer = deferred<object>();
    const { ask } = bench({ keys: ['a'], onExhausted: 'earliest' }, [() => answer.promise, refused]);
    const first = ask();
    await ask();
    answer.resolve({ choices: [] });
    await first;
    expect((await ask()).error).toMatchObject({ retired: 1, failure: { kind: 'authentication' } });
  });

  test('that works again is one as any other', async () => {
    const { ask, clock } = bench({ keys: ['a'] }, [refused, OK, limited({ 'retry-after': '5' })]);
    await ask();
    await clock.advance('1h');
    await ask();
    await ask();
    expect((await ask()).error).toMatchObject({ cooling: 1, retired: 0, retryAfterMs: 5000 });
  });

  test('after a stream that began, and then said that it was limited', async () => {
    const events = [
      { choices: [{ index: 0, delta: { content: 'x' } }] },
      { error: { code: 'rate_limit_exceeded' } },
    ];
    const { ask, used } = bench({ keys: ['a', 'b'] }, [{ events }]);
    await ask({ stream: true });
    await ask();
    await ask();
    expect(used()).toEqual(['a', 'b', 'b']);
  });

  test.each([
    [{ status: 500, body: {} }],
    [{ status: 503, headers: { 'retry-after': '9' }, body: {} }],
    [{ status: 400, body: { error: { code: 'context_length_exceeded' } } }],
    [{ status: 403, body: { error: { code: 'model_not_found' } } }],
    [new TypeError('fetch failed')],
  ])('not after what is no fault of its own: %j', async (answer) => {
    const { ask, used, told } = bench({ keys: ['a', 'b'] }, [answer]);
    await ask();
    await ask();
    await ask();
    expect([used(), told]).toEqual([['a', 'b', 'a'], []]);
  });
});

describe('a reply that a key is to blame for', () => {
  const judged = async (options: KeysOptions, answer: Parameters<typeof bench>[1]): Promise<string> => {
    let said = '';
    const look: Interceptor = (next) => async (call) => {
      const reply = await next(call);
      const failure = await reply.failure();
      const committed: unknown = await reply.commit().then(
        () => 'committed',
        (error: unknown) => error,
      );
      expect(committed).toBe(failure);
      const { kind, transient, retryAfterMs, status } = failure ?? {};
      said = `${status} ${kind} ${transient} ${retryAfterMs}`;
      return reply;
    };
    const { ask } = bench(options, answer, [look]);
    const { headers, status } = await ask();
    // The client's own retries go by the headers: what they read is what the units are told.
    const read = classifyResponse({ status: status ?? 0, headers }, {}, 0);
    return `${said}, client ${read.transient} ${read.retryAfterMs}`;
  };

  test('is worth another try at once where another key is left', async () => {
    const two = { keys: ['a', 'b'] };
    expect(await judged(two, [limited({ 'retry-after': '30' })])).toBe(
      '429 rate_limited true 0, client true 0',
    );
    expect(await judged(two, [spent])).toBe('429 quota_exhausted true 0, client true 0');
    expect(await judged(two, [refused])).toBe('401 authentication true 0, client true 0');
  });

  test('says when a key is back where none is left', async () => {
    expect(await judged({ keys: ['a'] }, [limited({ 'retry-after': '30' })])).toBe(
      '429 rate_limited true 30000, client true 30000',
    );
    expect(await judged({ keys: ['a'], quotaCooldown: '2h' }, [spent])).toBe(
      '429 quota_exhausted true 7200000, client true 7200000',
    );
    expect(await judged({ keys: ['a'] }, [refused])).toBe(
      '401 authentication false undefined, client false undefined',
    );
  });
});

describe('when all keys rest', () => {
  const answers = [limited({ 'retry-after': '30' }), limited({ 'retry-after': '10' }), refused];
  const pool = ['a', 'b', 'c'];
  const exhausted = async (options: Partial<KeysOptions> = {}) => {
    const one = bench({ keys: pool, ...options }, answers);
    for (let call = 0; call < 3; call++) await one.ask();
    return one;
  };

  test('a call is refused, and told when the first is back', async () => {
    const { ask, clock, handler } = await exhausted();
    await clock.advance('4s');
    const { error, status } = await ask();
    expect(error).toBeInstanceOf(KeysExhaustedError);
    expect(error).toMatchObject({
      code: 'keys_exhausted',
      keys: 3,
      cooling: 2,
      retired: 1,
      retryAfterMs: 6000,
      availableAt: new Date(clock.now() + 6000),
      failure: { kind: 'rate_limited', transient: true, retryAfterMs: 6000 },
      message:
        'No key is left of 3 (2 rest, 1 retired); the first is back at 2026-01-01T00:00:10.000Z. The call was not sent.',
    });
    expect([status, handler.calls.length]).toEqual([429, 3]);
  });

  test('and the provider refused all of them, it is refused for good', async () => {
    const { ask } = bench({ keys: ['a'], onExhausted: 'earliest' }, [refused]);
    await ask();
    const { error, status } = await ask();
    expect(error).toMatchObject({
      code: 'keys_exhausted',
      retired: 1,
      failure: { kind: 'authentication', transient: false },
      message:
        'No key is left of 1 (0 rest, 1 retired); none comes back by itself: the provider refused all of them. The call was not sent.',
    });
    expect([status, error]).not.toHaveProperty('1.availableAt');
    expect(status).toBe(401);
  });

  test('it may go with the one that is back first, at once', async () => {
    const { ask, used } = await exhausted({ onExhausted: 'earliest' });
    await ask();
    expect(used().slice(3)).toEqual(['b']);
  });

  test('it may wait for that one, as long as it may', async () => {
    const one = await exhausted({ onExhausted: 'wait', maxWait: '10s' });
    const call = one.ask();
    await one.clock.advance(9999);
    expect(one.used().length).toBe(3);
    await one.clock.advance(1);
    expect([(await call).status, one.used().slice(3), one.clock.pending]).toEqual([200, ['b'], 0]);
    expect(one.told.at(-1)).toBe('wait {"ms":10000,"reason":"keys"}');
    const short = await exhausted({ onExhausted: 'wait', maxWait: '9s' });
    expect((await short.ask()).error).toMatchObject({ retryAfterMs: 10_000 });
  });

  test('it does not wait beyond the deadline of the call', async () => {
    const bound: Interceptor = (next) => (call) => next(call.with({ context: [[deadline, 9999]] }));
    const one = bench({ keys: ['a'], onExhausted: 'wait' }, [limited({ 'retry-after': '10' })], [bound]);
    await one.ask();
    expect((await one.ask()).error).toMatchObject({ retryAfterMs: 10_000 });
  });

  test('a caller who leaves does not wait', async () => {
    const one = await exhausted({ onExhausted: 'wait' });
    const controller = new AbortController();
    const call = one.ask({ signal: controller.signal });
    await one.clock.advance(1);
    controller.abort(new Error('gone'));
    expect([(await call).error, one.clock.pending, one.used().length]).toMatchObject([
      { message: 'gone' },
      0,
      3,
    ]);
  });
});

const WRONG: readonly (readonly [options: unknown, message: string])[] = [
  ['sk-secret', 'keys: options must be an object'],
  [['sk-secret'], 'keys: options must be an object'],
  [{}, 'keys: give keys, or a source of them'],
  [{ keys: ['sk-secret'], source: () => [] }, 'keys: give keys, or a source of them'],
  [{ keys: 'sk-secret' }, 'keys: keys must be an array of at least one key'],
  [{ keys: [] }, 'keys: keys must be an array of at least one key'],
  [
    { keys: ['a', { apiKey: 'sk-secret' }] },
    'keys: keys[1] has a field that keys have not: they have key, baseURL',
  ],
  [{ keys: [{ key: 5 }] }, 'keys: keys[0] must have a key: a text of printable characters'],
  [{ keys: ['sk-secret\n'] }, 'keys: keys[0] must have a key: a text of printable characters'],
  [{ keys: ['sk-secret', 'sk-secret'] }, 'keys: keys has the same key twice'],
  [{ keys: ['sk-secret', { key: 'sk-secret', weight: 2 }] }, 'keys: keys has the same key twice'],
  [{ keys: [{ key: 'sk-secret', baseURL: 'sk-secret' }] }, 'keys: keys[0].baseURL must be a URL'],
  [{ keys: [{ key: 'sk-secret', project: '' }] }, 'keys: keys[0].project must be a text'],
  [{ keys: [{ key: 'sk-secret', weight: 0 }] }, 'keys: keys[0].weight must be a number above 0'],
  [{ source: 'sk-secret' }, 'keys: source must be a function, such as keyFile(path)'],
  [
    { keys: ['a'], strategy: 'first' },
    "keys: strategy must be 'round-robin', 'least-used', 'random' or { sticky: the name of a tag }, got \"first\"",
  ],
  [{ keys: ['a'], cooldown: 'soon' }, 'keys: cooldown must be a duration'],
  [{ keys: ['a'], onExhausted: 'panic' }, "keys: onExhausted must be one of 'refuse', 'wait', 'earliest'"],
];

test.each(WRONG)('wrong options are refused, and what may be a key is not quoted: %#', (options, message) => {
  const made = (): unknown => keys(options as KeysOptions);
  expect(made).toThrow(ConfigurationError);
  expect(made).toThrow(message);
  expect(made).not.toThrow(/sk-secret/);
});

test('a key may be in a pool once for each address, organisation and project', () => {
  const key = 'sk-secret';
  const all = [
    key,
    { key, baseURL: 'https://eu.test/v1' },
    { key, organization: 'o' },
    { key, project: 'p' },
  ];
  expect(new Set(keys({ keys: all }).describe!()['keys'] as string[]).size).toBe(4);
});

test('describes itself without its keys', () => {
  const described = keys({
    keys: ['sk-secret', { key: 'sk-other', weight: 2 }],
    strategy: { sticky: 'tenant' },
  }).describe?.();
  expect(described).toEqual({
    keys: [expect.stringMatching(/^[0-9a-f]{4}$/), expect.stringMatching(/^[0-9a-f]{4}$/)],
    strategy: { sticky: 'tenant' },
    cooldownMs: 20_000,
    quotaCooldownMs: 3_600_000,
    retirementMs: 3_600_000,
    onExhausted: 'refuse',
    onFault: 'closed',
  });
  expect(keys({ source: () => ['sk-secret'] }).describe?.()).toMatchObject({
    keys: 'source',
    refreshMs: 300_000,
  });
});

describe('keys keeps the rules of interceptors', () => {
  // The key of the suite's own calls: another one would be a change of the request.
  const pool = ['test'];
  describe('with keys', () => {
    for (const { name, run } of interceptorSuite(() => keys({ keys: pool }))) test(name, run);
  });
  describe('with a source', () => {
    const make = () => keys({ source: async () => pool, strategy: 'least-used', onExhausted: 'earliest' });
    for (const { name, run } of interceptorSuite(make)) test(name, run);
  });
});

test('the key of an answer that is never read comes back', async () => {
  const one = bench({ keys: ['a', 'b'], strategy: 'least-used' }, [OK, OK]);
  await one.ask();
  await one.ask();
  await one.ask();
  expect(one.used()).toEqual(['a', 'b', 'a']);
});
