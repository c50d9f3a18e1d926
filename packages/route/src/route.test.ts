import { Failure, PRICES, detour, provide, type Call } from '@interpose/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHAT_URL, answer, stackOf } from './route.test-support.ts';
import { route, type RouteOptions, type RouteRule } from './index.ts';
import { stableShare } from './stable-share.ts';

const TARGETS = { small: { model: 'gpt-4.1-nano' }, large: { model: 'gpt-5' } };
const LONG = [{ role: 'user', content: 'x'.repeat(4000) }];

test('a call goes where the first rule that fits sends it, and says so', async () => {
  const { ask, models, log, handler } = stackOf({
    targets: TARGETS,
    rules: [
      { name: 'classes', endpoint: 'classify', to: 'small' },
      { endpoint: ['classify', 'chat'], to: 'large' },
    ],
  });
  expect(await ask({}, { endpoint: 'classify' })).toBe('small');
  expect(models()).toEqual(['gpt-4.1-nano']);
  expect(handler.calls[0]?.get(detour)).toEqual({ kind: 'route', target: 'small' });
  expect(log).toContain('detour route small rule:classes');
});

test('a call that no rule is about passes as it is, and so does one that goes where it was going', async () => {
  const { ask, log, handler } = stackOf(
    {
      targets: TARGETS,
      rules: [
        { endpoint: 'a', to: 'small' },
        { endpoint: 'b', to: 'large' },
      ],
    },
    2,
  );
  expect([await ask(), await ask({}, { endpoint: 'b' })]).toEqual(['as asked', 'as asked']);
  expect(handler.calls.map((call) => call.get(detour))).toEqual([undefined, undefined]);
  expect(log.filter((line) => line.startsWith('detour'))).toEqual([]);
});

describe('a rule', () => {
  const goes = async (
    rule: Omit<RouteRule, 'to'>,
    params: object = {},
    tags: object = {},
  ): Promise<boolean> => {
    const { ask } = stackOf({ targets: TARGETS, rules: [{ ...rule, to: 'small' }] });
    return (await ask(params, { endpoint: 'chat', tenant: 'acme', ...tags })) === 'small';
  };

  test.each<[Omit<RouteRule, 'to'>, boolean, object?]>([
    [{}, true],
    [{ endpoint: 'chat' }, true],
    [{ endpoint: 'other' }, false],
    [{ tags: { tenant: 'acme' } }, true],
    [{ tags: { tenant: ['a', 'acme'] } }, true],
    [{ tags: { tenant: 'acme', user: 'me' } }, false],
    [{ operation: 'chat' }, true],
    [{ operation: ['embeddings'] }, false],
    [{ model: ['gpt-5'] }, true],
    [{ model: 'gpt-4o' }, false],
    [{ maxInputTokens: 100 }, true],
    [{ maxInputTokens: 100 }, false, { messages: LONG }],
    [{ minInputTokens: 1000 }, true, { messages: LONG }],
    [{ minInputTokens: 1000 }, false],
    [{ when: ({ call, inputTokens }) => call.streamed || inputTokens < 50 }, true],
    [{ when: ({ call }) => call.streamed }, false],
    [{ endpoint: 'chat', when: () => false }, false],
  ])('%o fits: %s', async (rule, fits, params) => {
    expect(await goes(rule, params)).toBe(fits);
  });
});

describe('of several targets', () => {
  const several = (strategy: RouteOptions['strategy'], more: Partial<RouteOptions> = {}): RouteOptions => ({
    targets: { a: { model: 'model-a' }, b: { model: 'model-b', weight: 3 }, c: { model: 'model-c' } },
    rules: [{ to: ['a', 'b', 'c'], ...(strategy && { strategy }) }],
    ...more,
  });

  const counted = async (options: RouteOptions, calls: number): Promise<Record<string, number>> => {
    const { ask, models } = stackOf(options, calls);
    for (let call = 0; call < calls; call++) await ask({}, { tenant: `tenant-${call % 100}` });
    return Object.fromEntries(
      ['a', 'b', 'c'].map((name) => [name, models().filter((m) => m === `model-${name}`).length]),
    );
  };

  test('the first is taken by default', async () => {
    const { ask, log } = stackOf(several(undefined));
    expect(await ask()).toBe('a');
    expect(log).toContain('detour route a rule:rule-1:first');
  });

  test('each has its weight', async () => {
    const { a = 0, b = 0, c = 0 } = await counted(several('weighted'), 1000);
    expect([a + b + c, Math.abs(a - 200) < 50, Math.abs(b - 600) < 50, Math.abs(c - 200) < 50]).toEqual([
      1000,
      true,
      true,
      true,
    ]);
  });

  test('one of weight 0 gets nothing', async () => {
    const targets = {
      a: { model: 'model-a', weight: 0 },
      b: { model: 'model-b' },
      c: { model: 'model-c', weight: 0 },
    };
    expect(await counted({ ...several('weighted'), targets }, 50)).toEqual({ a: 0, b: 50, c: 0 });
    expect(await counted({ ...several('weighted'), targets, sticky: 'tenant' }, 50)).toEqual({
      a: 0,
      b: 50,
      c: 0,
    });
  });

  describe('the cheapest is taken', () => {
    const prices = (usd: Readonly<Record<string, readonly [input: number, output: number]>>) =>
      provide(PRICES, {
        price: (model, { inputTokens, outputTokens }) => {
          const rates = usd[model];
          return rates ? rates[0] * inputTokens + rates[1] * outputTokens : null;
        },
      });

    test('for what is asked: by its input, and its limit of output', async () => {
      const outside = [prices({ 'model-a': [1, 100], 'model-b': [10, 10], 'model-c': [1, 1_000_000] })];
      const { ask } = stackOf(several('cheapest'), 3, { outside });
      expect([
        await ask(),
        await ask({ max_tokens: 1 }),
        await ask({ messages: LONG, max_tokens: 1 }),
      ]).toEqual(['b', 'a', 'a']);
    });

    test('and one without a price is none', async () => {
      const { ask } = stackOf(several('cheapest'), 1, { outside: [prices({ 'model-c': [1, 1] })] });
      expect(await ask()).toBe('c');
    });

    test('with prices in the stack', () => {
      expect(() => stackOf(several('cheapest'))).toThrow(
        "route: the strategy 'cheapest' needs prices; put prices() of @interpose/prices into the stack",
      );
    });
  });

  test('those of a sticky tag keep to one, as the weights say, in every process', async () => {
    const options = several('weighted', { sticky: 'tenant' });
    const where = async (): Promise<string[]> => {
      const { ask, log } = stackOf(options, 200, { random: Math.random });
      const places: string[] = [];
      for (let call = 0; call < 200; call++) places.push(await ask({}, { tenant: `t${call % 100}` }));
      expect(log).toContain(`detour route ${places[0]} rule:rule-1:sticky`);
      return places;
    };
    const first = await where();
    expect(first.slice(0, 100)).toEqual(first.slice(100));
    expect(await where()).toEqual(first);
    const { b = 0 } = await counted(options, 100);
    expect(Math.abs(b - 60)).toBeLessThan(15);
    const without = stackOf(options, 1, { random: () => 0 });
    expect(await without.ask()).toBe('a');
  });

  test('a target that the call means nothing to is none', async () => {
    const targets = { other: { apiKey: 'k' }, same: { model: 'gpt-4.1' } };
    const content = [{ type: 'file', file: { file_id: 'f' } }];
    const bound = { messages: [{ role: 'user', content }] };
    const { ask } = stackOf({ targets, rules: [{ to: ['other', 'same'] }] }, 2);
    expect([await ask(), await ask(bound)]).toEqual(['other', 'same']);
    const alone = stackOf({ targets, rules: [{ to: 'other' }] });
    expect(await alone.ask(bound)).toBe('as asked');
  });
});

describe('the fastest', () => {
  const options: RouteOptions = {
    targets: { a: { model: 'model-a' }, b: { model: 'model-b' } },
    rules: [{ to: ['a', 'b'] }],
    strategy: 'fastest',
  };
  type Speed = (call: Call) => number | 'fails';

  /** Makes calls one after the other, a second apart, to models of these speeds. Returns where they went. */
  const course = async (calls: number, speed: Speed): Promise<string> => {
    const stack = stackOf(
      options,
      Array.from({ length: calls }, () => async (call: Call) => {
        const ms = speed(call);
        await stack.clock.sleep(ms === 'fails' ? 1 : ms);
        return ms === 'fails' ? { status: 500 } : answer();
      }),
    );
    const went: string[] = [];
    for (let call = 0; call < calls; call++) {
      const work = stack.ask();
      await stack.clock.advance('1s');
      await work;
      went.push(String(stack.handler.calls.at(-1)?.get(detour)?.target));
    }
    return went.join('');
  };

  test('is found out, and kept to', async () => {
    expect(await course(20, ({ model }) => (model === 'model-a' ? 900 : 100))).toMatch(/^abb+$/);
  });

  test('is asked for again when it was slow and nobody asked for a while', async () => {
    const went = await course(200, ({ model }) => (model === 'model-a' ? 900 : 100));
    const slow = went.replaceAll('b', '').length;
    expect(slow).toBeGreaterThan(1);
    expect(slow).toBeLessThan(20);
  });

  test('is not the one that fails fast', async () => {
    const went = await course(20, ({ model }) => (model === 'model-a' ? 'fails' : 800));
    expect(went).toMatch(/^ab+$/);
  });

  test('is not another one because of what was refused, or left', async () => {
    const went = await course(10, ({ model }) => (model === 'model-a' ? 10 : 900));
    expect(went).toMatch(/^ab?a+$/);
    const stack = stackOf(options, [
      () => stack.clock.sleep(10).then(() => answer()),
      () => stack.clock.sleep(900).then(() => answer()),
      new Failure('refused'),
      new Failure('aborted'),
      answer(),
    ]);
    for (let call = 0; call < 5; call++) {
      const work = stack.ask().catch(() => {});
      await stack.clock.advance('1s');
      await work;
    }
    expect(stack.models()).toEqual(['model-a', 'model-b', 'model-a', 'model-a', 'model-a']);
  });

  test('is one that has not too many calls under way', async () => {
    const stack = stackOf(options, 10);
    const pending = Array.from({ length: 10 }, () => stack.ask());
    await Promise.all(pending);
    const to = (name: string): number => stack.models().filter((model) => model === `model-${name}`).length;
    expect([to('a'), to('b')]).toEqual([5, 5]);
  });

  test('is the faster of two at random, where there are more', async () => {
    const targets = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, { model: name }]));
    const draws = [0.9, 0.9];
    const { ask } = stackOf({ ...options, targets, rules: [{ to: ['a', 'b', 'c'] }] }, 1, {
      random: () => draws.shift() ?? 0,
    });
    // The third, and the second after it.
    expect(await ask()).toBe('c');
  });
});

describe('a canary', () => {
  const options = (percent: number, more: Partial<RouteOptions> = {}): RouteOptions => ({
    targets: { ...TARGETS, next: { model: 'gpt-6' } },
    rules: [{ name: 'all', to: 'large', canary: { to: 'next', percent } }],
    sticky: 'tenant',
    ...more,
  });

  test('gets its part of the values of the sticky tag, the same ones each time, and keeps them when it grows', async () => {
    const taken = async (percent: number): Promise<Set<string>> => {
      const { ask } = stackOf(options(percent), 2000);
      const tenants = new Set<string>();
      for (let call = 0; call < 2000; call++) {
        const tenant = `tenant-${call % 1000}`;
        if ((await ask({}, { tenant })) === 'next') tenants.add(tenant);
        else if (tenants.has(tenant)) throw new Error(`${tenant} went both ways`);
      }
      return tenants;
    };
    const [five, ten] = [await taken(5), await taken(10)];
    expect(Math.abs(five.size - 50)).toBeLessThan(20);
    expect(Math.abs(ten.size - 100)).toBeLessThan(30);
    expect([...five].filter((tenant) => !ten.has(tenant))).toEqual([]);
  });

  test('says that it is one', async () => {
    const { ask, log } = stackOf(options(100));
    expect(await ask()).toBe('next');
    expect(log).toContain('detour route next canary:all');
  });

  test('of calls without the tag gets its part, call by call', async () => {
    const { ask } = stackOf(options(50), 100);
    let taken = 0;
    for (let call = 0; call < 100; call++) if ((await ask()) === 'next') taken++;
    expect(Math.abs(taken - 50)).toBeLessThan(25);
  });

  test('of 0 percent gets nothing, also of calls without the tag', async () => {
    const { ask } = stackOf(options(0), 50);
    for (let call = 0; call < 50; call++) expect(await ask()).toBe('as asked');
  });
});

test('shares are stable numbers from 0 to 1, spread evenly', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      const share = stableShare(a, b);
      return share === stableShare(a, b) && share >= 0 && share < 1;
    }),
  );
  const buckets = Array.from({ length: 10 }, () => 0);
  for (let value = 0; value < 10_000; value++) buckets[Math.floor(stableShare('x', `user-${value}`) * 10)]!++;
  expect(Math.min(...buckets)).toBeGreaterThan(900);
  expect([stableShare('a', 'b'), stableShare('a\nb')]).toEqual([
    stableShare('a', 'b'),
    stableShare('a', 'b'),
  ]);
});

test('what somebody further out sent elsewhere goes there', async () => {
  const { ask, models } = stackOf({ targets: TARGETS, rules: [{ to: 'small' }] }, 1, {
    outside: [
      (next) => (call) =>
        next(
          call.with({
            params: { ...call.params, model: 'backup' },
            context: [[detour, { kind: 'fallback', target: 'backup' }]],
          }),
        ),
    ],
  });
  await ask();
  expect(models()).toEqual(['backup']);
});

test('it describes itself, and where it stands', () => {
  const options: RouteOptions = {
    targets: { ...TARGETS, eu: { baseURL: 'https://eu.test/v1', apiKey: 'sk-secret' } },
    rules: [
      { endpoint: 'classify', to: ['small', 'eu'], strategy: 'fastest', canary: { to: 'eu', percent: 5 } },
    ],
    beforeCache: true,
  };
  const plugin = route(options);
  expect([plugin.stage, route({ ...options, beforeCache: false }).stage]).toEqual(['protect', 'recover']);
  expect(plugin.describe?.()).toEqual({
    targets: ['small', 'large', 'eu'],
    rules: [{ name: 'rule-1', to: 'small, eu', strategy: 'fastest', canary: '5 % to eu' }],
    classify: 'none',
    strategy: 'first',
    sticky: 'none',
    beforeCache: true,
  });
});

test.each<[unknown, string]>([
  [{}, 'route: targets must be an object with at least one target, got undefined'],
  [{ targets: TARGETS }, 'route: give rules or classify'],
  [
    { targets: TARGETS, rules: [{ to: 'big' }] },
    'route rules[0]: to must be of the targets: small, large, got "big"',
  ],
  [
    { targets: TARGETS, rules: [{ to: [] }] },
    'route rules[0]: to must be of the targets: small, large, got []',
  ],
  [{ targets: TARGETS, rules: [{ to: 'small', endpont: 'x' }] }, 'route rules[0]: unknown option endpont'],
  [
    { targets: TARGETS, rules: [{ to: 'small', canary: { to: 'large', percent: 101 } }] },
    'route rules[0] canary: percent must be a number from 0 to 100, got 101',
  ],
  [{ targets: { a: { model: 'm', weight: -1 } }, rules: [] }, 'route: give rules or classify'],
  [
    { targets: { a: { model: 'm', weight: -1 } }, rules: [{ to: 'a' }] },
    'route targets.a: weight must be a number >= 0, got -1',
  ],
  [
    { targets: { a: { model: 'm', name: 'b' } }, rules: [{ to: 'a' }] },
    'route targets.a: name must be left out: it has a name, got "b"',
  ],
  [
    { targets: { 'a b': { model: 'm' } }, rules: [{ to: 'a b' }] },
    'name must be up to 100 letters, digits and .:@/_-',
  ],
  [
    { targets: TARGETS, rules: [{ to: 'small', name: 'a b' }] },
    'route rules[0]: name must be up to 40 letters, digits and ._-',
  ],
  [{ targets: TARGETS, strategy: 'best', rules: [{ to: 'small' }] }, 'route: strategy must be one of'],
  [
    { targets: TARGETS, classify: { by: 'small', labels: { a: { about: 'x', to: 'small' } } } },
    'route classify: labels must be an object of at least two labels',
  ],
  [
    {
      targets: { k: { apiKey: 'k' } },
      classify: { by: 'k', labels: { a: { about: 'x', to: 'k' }, b: { about: 'y', to: 'k' } } },
    },
    'route classify: by must be a target with a model, got "k"',
  ],
])('wrong options are refused: %o', (options, message) => {
  expect(() => route(options as RouteOptions)).toThrow(message);
});

test('the URL and the credentials of a target are its own', async () => {
  const { ask, handler } = stackOf({
    targets: { eu: { baseURL: 'https://eu.test/v1', apiKey: 'sk-eu' } },
    rules: [{ to: 'eu' }],
  });
  await ask({}, {}, { headers: { authorization: 'Bearer sk-primary' } });
  const [call] = handler.calls;
  expect([CHAT_URL, call?.url, call?.headers.get('authorization')]).toEqual([
    CHAT_URL,
    'https://eu.test/v1/chat/completions',
    'Bearer sk-eu',
  ]);
});
