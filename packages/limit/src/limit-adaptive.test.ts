import { detour, type Detour, type Interceptor } from '@interpose/core';
import { fakeClock, type FakeClock, type ScriptedResponse } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { LimitExceededError, type LimitName } from './limit-error.ts';
import { answer, stackOf, tagged, type Stack } from './limit.test-support.ts';

function replying(headers: Record<string, string>, status = 200): ScriptedResponse {
  const body = status === 200 ? answer() : { error: { code: 'rate_limit_exceeded', type: 'requests' } };
  return { status, headers, body };
}

async function all(stack: Stack, count: number): Promise<readonly number[]> {
  const calls = Promise.all(Array.from({ length: count }, () => stack.ask()));
  await stack.clock.advance('10m');
  await calls;
  return stack.sentAt;
}

describe('the headers of the provider', () => {
  test('slow calls down before it has to refuse them, spread over the time until the reset', async () => {
    const told = replying({
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '1m0s',
    });
    const stack = stackOf([told, answer(), answer(), answer()]);
    await stack.ask();
    expect(await all(stack, 3)).toEqual([0, 1000, 2000, 3000]);
    expect(stack.log.filter((line) => line.startsWith('wait'))).toEqual([
      'wait 1000 rate limit',
      'wait 2000 rate limit',
      'wait 3000 rate limit',
    ]);
  });

  test('let as many go as remain', async () => {
    const told = replying({
      'x-ratelimit-limit-requests': '10',
      'x-ratelimit-remaining-requests': '2',
      'x-ratelimit-reset-requests': '8s',
    });
    const stack = stackOf([told, answer(), answer(), answer(), answer()]);
    await stack.ask();
    expect(await all(stack, 4)).toEqual([0, 0, 0, 1000, 2000]);
  });

  test('make calls wait for the reset, where they say no limit', async () => {
    const stack = stackOf([
      replying({ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1.5s' }),
      answer(),
    ]);
    await stack.ask();
    expect(await all(stack, 1)).toEqual([0, 1500]);
  });

  test('count tokens too', async () => {
    const told = replying({
      'x-ratelimit-limit-tokens': '1000',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '10s',
    });
    const stack = stackOf([told, answer()]);
    await stack.ask();
    // The body has 71 characters: 18 tokens, at 10 ms each.
    expect(await all(stack, 1)).toEqual([0, 180]);
  });

  test('that cannot be read change nothing', async () => {
    const told = replying({ 'x-ratelimit-remaining-requests': 'none', 'x-ratelimit-reset-requests': 'soon' });
    const stack = stackOf([told, answer()]);
    await stack.ask();
    expect(await all(stack, 1)).toEqual([0, 0]);
  });

  test('are not obeyed, where that is not wanted', async () => {
    const told = replying(
      { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '10s', 'retry-after': '9' },
      429,
    );
    const stack = stackOf([told, answer()], { adaptive: false });
    await stack.ask();
    expect(await all(stack, 1)).toEqual([0, 0]);
  });

  test('never let calls go faster than the own limits', async () => {
    const told = replying({
      'x-ratelimit-limit-requests': '1000',
      'x-ratelimit-remaining-requests': '999',
      'x-ratelimit-reset-requests': '60ms',
    });
    const stack = stackOf([told, answer(), answer()], { requests: { limit: 1, every: '1s', burst: 1 } });
    expect(await all(stack, 3)).toEqual([0, 1000, 2000]);
  });
});

describe('a 429', () => {
  test.each([
    ['retry-after', '2', 2000],
    ['retry-after-ms', '350', 350],
    ['retry-after', new Date(Date.UTC(2026, 0, 1, 0, 0, 5)).toUTCString(), 5000],
  ])('pauses the key for what is asked: %s: %s', async (name, value, ms) => {
    const stack = stackOf([replying({ [name]: value }, 429), answer(), answer()], { per: 'tenant' });
    await stack.ask({}, tagged({ tenant: 'a' }));
    const calls = Promise.all([
      stack.ask({}, tagged({ tenant: 'a' })),
      stack.ask({}, tagged({ tenant: 'b' })),
    ]);
    await stack.clock.advance('1m');
    await calls;
    expect(stack.sentAt).toEqual([0, 0, ms]);
  });

  test('of one target does not hold up calls that flee to another, but it does a second try at the same', async () => {
    const targets: readonly (Detour | undefined)[] = [
      undefined,
      { kind: 'fallback', target: 'eu' },
      { kind: 'hedge', target: 'gpt-4o-mini', same: true },
    ];
    let calls = 0;
    const away: Interceptor = (next) => (call) => {
      const taken = targets[calls++];
      return next(taken ? call.with({ context: [[detour, taken]] }) : call);
    };
    const stack = stackOf(
      [replying({ 'retry-after': '2' }, 429), answer(), answer()],
      {},
      { outside: [away] },
    );
    await stack.ask();
    await all(stack, 2);
    expect(stack.handler.calls.map((call) => call.get(detour)?.kind)).toEqual([
      undefined,
      'fallback',
      'hedge',
    ]);
    expect(stack.sentAt).toEqual([0, 0, 2000]);
  });

  test('that asks for more than a call may wait refuses it at once', async () => {
    const stack = stackOf([replying({ 'retry-after': '40' }, 429)]);
    expect([await stack.ask(), await stack.ask()]).toEqual([
      '429',
      '429 rate_limit_exceeded provider in 40000 ms behind 0',
    ]);
    const elsewhere = (limit: LimitName): boolean =>
      new LimitExceededError({ limit, retryAfterMs: 1, queueLength: 0 }).elsewhere;
    expect([elsewhere('provider'), elsewhere('requests')]).toEqual([true, false]);
  });

  test('of a spent quota slows nobody down', async () => {
    const spent = {
      status: 429,
      headers: { 'retry-after': '9' },
      body: { error: { code: 'insufficient_quota' } },
    };
    const stack = stackOf([spent, answer()]);
    await stack.ask();
    expect(await all(stack, 1)).toEqual([0, 0]);
  });
});

/** A provider that serves so many requests a second, and refuses all others. */
type Server = (clock: FakeClock) => () => ScriptedResponse;

const bucket =
  (perSecond: number, capacity: number, headers: (tokens: number) => Record<string, string>): Server =>
  (clock) => {
    let tokens = capacity;
    let at = 0;
    return () => {
      const now = clock.monotonic();
      tokens = Math.min(capacity, tokens + ((now - at) * perSecond) / 1000);
      at = now;
      const served = tokens >= 1;
      if (served) tokens -= 1;
      return replying(headers(tokens), served ? 200 : 429);
    };
  };

const windows =
  (perSecond: number, headers: (msLeft: number) => Record<string, string>): Server =>
  (clock) => {
    let current = -1;
    let count = 0;
    return () => {
      const now = clock.monotonic();
      if (Math.floor(now / 1000) !== current) [current, count] = [Math.floor(now / 1000), 0];
      return replying(headers(1000 - (now % 1000)), count++ < perSecond ? 200 : 429);
    };
  };

/** Sends with so many workers, each as fast as it can, and returns the sends per second from 15 s to 45 s. */
async function settledRate(
  server: Server,
  workers: number,
  latencyMs = 50,
): Promise<{ sent: number; refused: number }> {
  const clock = fakeClock();
  const serve = server(clock);
  const log: [at: number, status: number][] = [];
  const stack = stackOf(
    Array.from({ length: 20_000 }, () => async () => {
      const reply = serve();
      log.push([clock.monotonic(), reply.status]);
      await clock.sleep(latencyMs);
      return reply;
    }),
    {},
    { clock },
  );
  const until = 45_000;
  const work = Promise.all(
    Array.from({ length: workers }, async () => {
      while (clock.monotonic() < until) await stack.ask();
    }),
  );
  await clock.advance('1m');
  await work;
  const late = log.filter(([at]) => at >= 15_000 && at < until);
  return { sent: late.length / 30, refused: late.filter(([, status]) => status === 429).length / 30 };
}

const none = (): Record<string, string> => ({});

describe('a provider of 20 requests a second, asked by 10 workers as fast as they can, is sent 16 to 24 a second', () => {
  const told = (tokens: number): Record<string, string> => ({
    'x-ratelimit-limit-requests': '20',
    'x-ratelimit-remaining-requests': `${Math.floor(tokens)}`,
    'x-ratelimit-reset-requests': `${Math.round((20 - tokens) * 50)}ms`,
  });

  test.each<[string, Server]>([
    ['that only says 429, with a bucket of a second', bucket(20, 20, none)],
    ['that only says 429, with a bucket of 3 requests', bucket(20, 3, none)],
    ['that only says 429, with windows of a second', windows(20, none)],
    [
      'that asks to wait for a second',
      bucket(20, 20, (tokens) => (tokens < 1 ? { 'retry-after': '1' } : {})),
    ],
    [
      'that asks to wait for the next window',
      windows(20, (left) => ({ 'retry-after-ms': `${Math.ceil(left)}` })),
    ],
    ['that tells what remains', bucket(20, 20, told)],
  ])('%s', async (_name, server) => {
    const { sent } = await settledRate(server, 10);
    expect(sent).toBeGreaterThanOrEqual(16);
    expect(sent).toBeLessThanOrEqual(24);
  });
});
