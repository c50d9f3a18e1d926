import { hash } from 'node:crypto';
import type { Call, Params } from '@interpose/core';
import { callOf, type CallOverrides } from '@interpose/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CacheKeys, IGNORED_PARAMS } from './cache-key.ts';
import { canonical, inOrder } from './canonical.ts';
import { digestOf } from './digest.ts';

const TOOL = {
  type: 'function',
  function: {
    name: 'find',
    description: 'finds',
    strict: true,
    parameters: { type: 'object', required: ['a'] },
  },
};

/** A request of each operation with all that one may hold. */
const REQUESTS: Readonly<Record<string, Params>> = {
  chat: {
    model: 'gpt-4o-mini',
    messages: [
      { role: 'system', content: 'be brief' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'hello' },
          { type: 'image_url', image_url: { url: 'data:x' } },
        ],
      },
      {
        role: 'assistant',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'find', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c', content: 'found' },
    ],
    tools: [TOOL],
    tool_choice: { type: 'function', function: { name: 'find' } },
    response_format: {
      type: 'json_schema',
      json_schema: { name: 's', schema: { type: 'object' }, strict: true },
    },
    temperature: 0,
    top_p: 0.5,
    n: 2,
    seed: 7,
    stop: ['a', 'b'],
    logit_bias: { 50256: -100 },
    logprobs: true,
    top_logprobs: 3,
    presence_penalty: 0.1,
    frequency_penalty: -0.1,
    max_completion_tokens: 100,
    reasoning_effort: 'low',
    verbosity: 'low',
    parallel_tool_calls: false,
    modalities: ['text'],
    prediction: { type: 'content', content: 'hel' },
    service_tier: 'flex',
    store: false,
    unknown_yet: { a: [1, null, false] },
  },
  responses: {
    model: 'gpt-4o-mini',
    instructions: 'be brief',
    input: [{ role: 'user', content: [{ type: 'input_text', text: 'hello' }] }],
    previous_response_id: 'resp_1',
    include: ['reasoning.encrypted_content'],
    text: { format: { type: 'text' }, verbosity: 'low' },
    reasoning: { effort: 'low', summary: 'auto' },
    truncation: 'auto',
    max_output_tokens: 100,
    max_tool_calls: 3,
    temperature: 0,
  },
  embeddings: {
    model: 'text-embedding-3-small',
    input: ['a', [1, 2]],
    dimensions: 256,
    encoding_format: 'float',
  },
  completions: { model: 'gpt-3.5-turbo-instruct', prompt: 'a', suffix: 'b', echo: true, best_of: 2 },
  moderations: { model: 'omni-moderation-latest', input: [{ type: 'text', text: 'a' }] },
};

const HEADERS = { authorization: 'Bearer secret' };

function keyOf(operation: string, params: Params, overrides: CallOverrides = {}, partition = ''): string {
  const call = callOf({ operation, params, headers: HEADERS, ...overrides });
  return new CacheKeys({ identity: undefined, perCredential: true }).of(call, partition) ?? '';
}

type Path = readonly (string | number)[];

function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, inner]) =>
    leavesOf(inner, [...path, Array.isArray(value) ? Number(name) : name]),
  );
}

function changed(value: unknown, [name, ...path]: Path, change: (leaf: unknown) => unknown): unknown {
  if (name === undefined) return change(value);
  const copy: Record<string | number, unknown> = Array.isArray(value)
    ? ([...value] as unknown as Record<number, unknown>)
    : { ...(value as Record<string, unknown>) };
  copy[name] = changed(copy[name], path, change);
  return copy;
}

const CHANGES: readonly ((leaf: unknown) => unknown)[] = [
  (leaf) => (typeof leaf === 'string' ? `${leaf} ` : typeof leaf === 'number' ? leaf + 1 : 'another'),
  (leaf) => (typeof leaf === 'string' ? [leaf] : String(leaf)),
  // In a list, what is not there is null.
  (leaf) => (leaf === null ? 'another' : undefined),
  () => ({}),
];

describe.each(Object.entries(REQUESTS))('%s', (operation, params) => {
  test('every leaf of the request changes the key, to a key of its own', () => {
    const keys = new Map([[keyOf(operation, params), 'unchanged']]);
    for (const path of leavesOf(params)) {
      for (const [index, change] of CHANGES.entries()) {
        const key = keyOf(operation, changed(params, path, change) as Params);
        // To take the only leaf of a member, or to put an empty one there, may come to the same.
        const name = `${path.join('.')} ${index}`;
        if (index < 2) expect(keys.get(key), name).toBeUndefined();
        else expect(keys.get(key), name).not.toBe('unchanged');
        keys.set(key, name);
      }
    }
  });

  test('the order of members and the white space of the body do not', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), (order) => {
        const shuffled = (value: unknown): unknown => {
          if (Array.isArray(value)) return value.map(shuffled);
          if (typeof value !== 'object' || value === null) return value;
          const members = Object.entries(value).map(
            ([name, inner]) => [order.next().value as number, name, shuffled(inner)] as const,
          );
          return Object.fromEntries(members.toSorted((a, b) => a[0] - b[0]).map(([, ...member]) => member));
        };
        expect(keyOf(operation, shuffled(params) as Params)).toBe(keyOf(operation, params));
      }),
    );
  });

  test('who asks and how to deliver it do not', () => {
    const ignored = ['user', 'safety_identifier', 'metadata', 'stream', 'stream_options'];
    ignored.push('prompt_cache_key', 'prompt_cache_retention');
    expect(IGNORED_PARAMS).toEqual(ignored);
    for (const name of ignored) {
      expect(keyOf(operation, { ...params, [name]: 'another' }), name).toBe(keyOf(operation, params));
    }
  });
});

describe('what else is part of the key', () => {
  const plain = { model: 'm' };
  const bare = keyOf('chat', plain);

  test.each([
    ['the operation', keyOf('completions', plain)],
    ['the credential', keyOf('chat', plain, { headers: { authorization: 'Bearer another' } })],
    ['the credential of Azure', keyOf('chat', plain, { headers: { 'api-key': 'secret' } })],
    ['the organisation', keyOf('chat', plain, { headers: { ...HEADERS, 'openai-organization': 'o' } })],
    ['the project', keyOf('chat', plain, { headers: { ...HEADERS, 'openai-project': 'o' } })],
    ['what is tried out', keyOf('chat', plain, { headers: { ...HEADERS, 'openai-beta': 'o' } })],
    ['the partition', keyOf('chat', plain, {}, 'tenant:a')],
  ])('%s', (_, key) => {
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(key).not.toBe(bare);
  });

  test('whichever credential it is, of many that one layer sees', () => {
    const keys = new CacheKeys({ identity: undefined, perCredential: true });
    const by = (headers: Record<string, string>): string | undefined => keys.of(callOf({ headers }), '');
    const all = ['one', 'two'].flatMap((secret) => [
      by({ authorization: secret }),
      by({ 'api-key': `az ${secret}` }),
    ]);
    expect(new Set([...all, by({})]).size).toBe(5);
    expect(by({ 'api-key': 'az one' })).toBe(all[1]);
  });

  test('the operation, also where the URL does not tell', () => {
    const url = 'https://api.example/v1/any';
    const keys = new CacheKeys({ identity: undefined, perCredential: true });
    const of = (operation: string): string | undefined =>
      keys.of(callOf({ operation, params: { input: 'a', model: 'm' } }).with({ url }), '');
    expect(of('embeddings')).not.toBe(of('moderations'));
  });

  test('the base URL', () => {
    const call = callOf({ params: plain, headers: HEADERS });
    const keys = new CacheKeys({ identity: undefined, perCredential: true });
    expect(keys.of(call.with({ url: 'https://another.example/v1/chat/completions' }), '')).not.toBe(
      keys.of(call, ''),
    );
  });

  test('not the credential, where callers are to share', () => {
    const shared = new CacheKeys({ identity: undefined, perCredential: false });
    const by = (authorization: string): string | undefined =>
      shared.of(callOf({ headers: { authorization } }), '');
    expect(by('Bearer one')).toBe(by('Bearer two'));
  });

  test('what the application says, in place of the params', () => {
    const identity = ({ call }: { call: Call }): unknown => (call.params['messages'] as unknown[]).length;
    const keys = new CacheKeys({ identity, perCredential: true });
    const one = callOf({ params: { temperature: 0 }, headers: HEADERS });
    const same = callOf({ params: { temperature: 1 }, headers: HEADERS });
    const other = callOf({ params: { messages: [] }, headers: HEADERS });
    expect(keys.of(one, '')).toBe(keys.of(same, ''));
    expect(keys.of(one, '')).not.toBe(keys.of(other, ''));
    expect(keys.of(one, 'tenant:a')).not.toBe(keys.of(one, ''));
  });
});

describe('calls in the same words', () => {
  const few = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
  const calls = fc.record({
    operation: few('chat', 'completions'),
    params: few<Params>(
      { model: 'a' },
      { model: 'b', seed: 1 },
      { model: 'a', user: 'u' },
      { model: 'x'.repeat(5000) },
    ),
    credential: few('one', 'two'),
    organisation: few('', 'o'),
    url: few('https://a.example/v1/x', 'https://b.example/v1/x'),
    partition: few('', 'tenant:a'),
    changed: fc.boolean(),
  });

  test('have the key that they would have the first time, whoever asked before', () => {
    fc.assert(
      fc.property(fc.array(calls, { minLength: 2, maxLength: 30 }), (asked) => {
        const warm = new CacheKeys({ identity: undefined, perCredential: true });
        for (const {
          operation,
          params,
          credential,
          organisation,
          url,
          partition,
          changed: rewritten,
        } of asked) {
          const headers = {
            authorization: credential,
            ...(organisation && { 'openai-organization': organisation }),
          };
          const call = callOf({ operation, params, headers }).with({
            url,
            // The text of the body is then not what is asked.
            ...(rewritten && { params: { ...params, seed: 9 } }),
          });
          const fresh = new CacheKeys({ identity: undefined, perCredential: true });
          expect(warm.of(call, partition)).toBe(fresh.of(call, partition));
        }
      }),
    );
  });

  test('are known by operation', () => {
    const keys = new CacheKeys({ identity: undefined, perCredential: true });
    const asked = (operation: string): Call => callOf({ operation, params: { model: 'a' } });
    keys.of(asked('chat'), '');
    expect(['chat', 'completions'].map((operation) => keys.recall(asked(operation)) !== undefined)).toEqual([
      true,
      false,
    ]);
  });
});

test('no two tenants share an entry, whatever they are called and whatever they ask', () => {
  const tenants = Array.from(
    { length: 1000 },
    (_, index) => `tenant:${index % 7 ? index : '"'.repeat(index)}`,
  );
  const keys = new Set(
    tenants.flatMap((tenant) => [1, 2].map((seed) => keyOf('chat', { seed }, {}, tenant))),
  );
  // Each with each: more than a million pairs.
  expect(keys.size).toBe(2 * tenants.length);
});

test('a prompt of a megabyte has a key of its own, too', () => {
  const text = 'x'.repeat(1_000_000);
  const long = (end: string): string => keyOf('chat', { messages: [{ role: 'user', content: text + end }] });
  expect(long('a')).not.toBe(long('b'));
  expect(long('a')).toBe(long('a'));
});

describe('the digest', () => {
  const sha = (text: string): string => hash('sha256', text, 'hex');

  test('is of the canonical text, whether that is short or written in pieces', () => {
    const value = { b: 'x'.repeat(200_000), a: [1, { d: null, c: 'y'.repeat(100_000) }] };
    const text = `{"a":[1,{"c":"${'y'.repeat(100_000)}","d":null}],"b":"${'x'.repeat(200_000)}"}`;
    expect([digestOf(value, 10), digestOf(value, 300_000)]).toEqual([sha(text), sha(text)]);
    expect(digestOf({ 10: 1, 9: 2 }, 10)).toBe(sha('{"10":1,"9":2}'));
  });

  test('is none of what is no JSON', () => {
    expect([digestOf([new Date(0)], 10), digestOf([new Date(0)], 300_000)]).toEqual([undefined, undefined]);
  });
});

describe('canonical JSON', () => {
  const write = (value: unknown): string | undefined => {
    let all = '';
    return canonical(value, (text) => (all += text)) ? all : undefined;
  };

  test('is as RFC 8785 has it', () => {
    const value = {
      numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001, -0],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(write(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    expect(
      write({ '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 }),
    ).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}');
  });

  test('says the same of any JSON as its parsed self', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(write(value) ?? '')).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('is the same for what is short, and quicker', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const ordered = inOrder(value);
        if (ordered !== undefined) expect(JSON.stringify(ordered)).toBe(write(value));
      }),
    );
    const gaps = { b: [{ d: undefined, c: null }, undefined], a: -0 };
    const text = '{"a":0,"b":[{"c":null},null]}';
    expect([JSON.stringify(inOrder(gaps)), write(gaps)]).toEqual([text, text]);
    // An object has these in another order, or does something else with them.
    for (const name of ['10', '0', '__proto__', 'toJSON']) {
      expect(inOrder(JSON.parse(`{"b":1,"${name}":2}`))).toBeUndefined();
    }
  });

  test('is none of what is no JSON', () => {
    let deep: unknown = 1;
    for (let depth = 0; depth < 1000; depth++) deep = [deep];
    for (const value of [new Blob(['a']), new Date(0), () => 1, deep, { a: [new Map()] }]) {
      expect([write(value), inOrder(value)]).toEqual([undefined, undefined]);
    }
  });
});
