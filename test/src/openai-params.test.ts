import { deepStrictEqual } from 'node:assert';
import type { Interceptor } from '@interpose/core';
import type { OpenAI } from 'openai';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ownJson } from '../../packages/openai/src/own-json.ts';
import { beneath, open, paths } from './openai-rig.test-support.ts';

class Point {
  x = 1;
}

class Money {
  toJSON(): string {
    return '5 EUR';
  }
}

/** Values that JSON writes as they stand, and values of which it makes something else. */
const odd = fc.constantFrom<unknown[]>(
  undefined,
  Number.NaN,
  Infinity,
  -0,
  () => 1,
  Symbol('s'),
  new Date(0),
  new Date(Number.NaN),
  new Point(),
  new Money(),
  Object(1),
  Object('s'),
  Object(false),
  new Map([[1, 2]]),
  new Set([1]),
  new Uint8Array([1, 2]),
  /x/,
  Object.create({ inherited: 1 }),
  Object.create(null),
  // oxlint-disable-next-line no-sparse-arrays
  [1, , 3],
  Object.assign([1], { extra: 1 }),
  {
    get computed() {
      return 1;
    },
  },
  Object.defineProperty({ a: 1 }, 'hidden', { value: 2, enumerable: false }),
  Object.defineProperty([1], 0, { get: () => 2 }),
  { [Symbol('key')]: 1 },
  JSON.parse('{"__proto__":{"a":1}}'),
  { constructor: 1, toString: 2, hasOwnProperty: 3 },
  new Proxy({ a: 1 }, {}),
  new Proxy([1], {}),
  Object.setPrototypeOf([1], { toJSON: () => 'x' }),
  Object.setPrototypeOf([1], null),
  Object.freeze({ a: [Object.freeze([1])] }),
  class {},
);

const json = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    odd,
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('__proto__', 'toJSON', 'constructor', '0', '1')),
      tie('any'),
      {
        maxKeys: 4,
      },
    ),
  ),
})).any;

describe('ownJson', () => {
  test('is what a parser makes of the text, or nothing', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), (value) => {
        const copy = ownJson(value);
        if (copy === undefined) return;
        const text = JSON.stringify(value);
        deepStrictEqual(copy, JSON.parse(text));
        // The order of keys, too: params that are changed are written again.
        expect(JSON.stringify(copy)).toBe(text);
      }),
      { numRuns: 3000 },
    );
  });

  test('copies what is plain', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__' && key !== 'toJSON'),
          fc.jsonValue(),
        ),
        (value) => {
          fc.pre(!/"(__proto__|toJSON)"/.test(JSON.stringify(value)));
          deepStrictEqual(ownJson(value), JSON.parse(JSON.stringify(value)));
        },
      ),
    );
  });

  test.each<[string, unknown]>([
    ['an array', [1]],
    ['a string', 'x'],
    ['null', null],
    ['undefined', undefined],
    ['a big integer', { a: 1n }],
  ])('gives nothing for what is no object (%s)', (_, value) => {
    const copy = ownJson(value);
    expect(copy).toBe(undefined);
  });

  test('gives nothing for what contains itself, or is nested too deeply', () => {
    const ring: Record<string, unknown> = {};
    ring['ring'] = ring;
    let deep: unknown = 1;
    for (let depth = 0; depth < 100_000; depth++) deep = [deep];
    expect([ownJson(ring), ownJson({ deep })]).toEqual([undefined, undefined]);
  });

  test('runs nobody’s code', () => {
    const bomb = (): never => {
      throw new Error('was run');
    };
    const traps = new Proxy(
      {},
      { get: bomb, ownKeys: bomb, has: bomb, getOwnPropertyDescriptor: bomb, getPrototypeOf: bomb },
    );
    const values = [
      {
        get a() {
          return bomb();
        },
      },
      { toJSON: bomb },
      { a: traps },
      [Object.defineProperty([], 0, { get: bomb })],
      Object.create(traps),
    ];
    expect(values.map((value) => ownJson({ value }))).toEqual(values.map(() => undefined));
  });
});

describe.each(paths)('on the %s path', (path) => {
  const messages = [{ role: 'user' as const, content: 'hello' }];
  const long = 'x'.repeat(5000);

  const BODIES: Record<string, unknown> = {
    plain: {},
    'undefined members': { temperature: undefined, stop: [undefined, 'a'] },
    dates: { metadata: { at: new Date(0) } },
    toJSON: { metadata: { price: new Money() } },
    getters: {
      get seed() {
        return 7;
      },
    },
    'a proxy': { metadata: new Proxy({ a: '1' }, {}) },
    // oxlint-disable-next-line no-sparse-arrays
    'an array with holes': { stop: ['a', , 'b'] },
    'a prototype as a key': { metadata: JSON.parse('{"__proto__":{"a":1}}') },
    'a class instance': { metadata: new Point() },
    'no prototype': { metadata: Object.assign(Object.create(null), { a: '1' }) },
    'numbers that are none': { temperature: Number.NaN, seed: -0 },
    'lone surrogates': { user: '\ud800' },
  };

  async function run(call: (client: OpenAI) => PromiseLike<unknown>) {
    await using rig = await open('in process');
    const seen: unknown[] = [];
    const look: Interceptor = (next) => (one) => {
      seen.push(one.params);
      return next(one);
    };
    await call(beneath(rig.bare, path, [look]));
    return { seen, sent: rig.provider.requests.map(({ rawBody }) => JSON.parse(rawBody) as unknown) };
  }

  test.each(Object.entries(BODIES))('params are what is sent: %s', async (_, members) => {
    const { seen, sent } = await run(async (client) => {
      for (const extra of [{}, { user: long }]) {
        const body = Object.defineProperties(
          { model: 'gpt-5', messages },
          Object.getOwnPropertyDescriptors(members),
        );
        await client.post('/chat/completions', {
          body: Object.defineProperties(body, Object.getOwnPropertyDescriptors(extra)),
        });
      }
    });
    expect(seen).toStrictEqual(sent);
    expect(sent.length).toBe(2);
  });

  test('params are what is sent, though the caller changes his right after', async () => {
    const { seen, sent } = await run(async (client) => {
      const parts = [{ role: 'user' as const, content: long }];
      const body = { model: 'gpt-5', messages: parts };
      const calls = [client.chat.completions.create(body), client.chat.completions.create(body)];
      // In any of the steps that the client takes before it sends.
      for (let step = 0; step < 50; step++) {
        parts[0]!.content = `${long}${step}`;
        parts.push({ role: 'user', content: String(step) });
        await Promise.resolve();
      }
      await Promise.all(calls);
    });
    expect(seen).toStrictEqual(sent);
    expect(sent.length).toBe(2);
  });

  test('params that are changed are sent, and the caller’s are not touched', async () => {
    await using rig = await open('in process');
    const change: Interceptor = (next) => (call) =>
      next(call.with({ params: { ...call.params, user: 'other' } }));
    const body = { model: 'gpt-5', messages: [{ role: 'user' as const, content: long }], user: 'me' };
    await beneath(rig.bare, path, [change]).chat.completions.create(body);
    expect([rig.provider.requests[0]?.body, body.user]).toEqual([{ ...body, user: 'other' }, 'me']);
  });
});
