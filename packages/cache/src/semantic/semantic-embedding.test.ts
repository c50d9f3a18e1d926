import { getEventListeners } from 'node:events';
import { InterposeError, refusalOf, tagHeaders, type Interceptor } from '@interpose/core';
import { describe, expect, test } from 'vitest';
import { answer, told } from '../cache.test-support.ts';
import type { SemanticCacheOptions } from './index.ts';
import { embedding, semanticStack, vectorOf } from './semantic.test-support.ts';

const FIRST = 'How do I cancel my order?';
const SIMILAR = 'How can I cancel an order?';
const never = (): Promise<never> => new Promise(() => {});

describe('by the provider', () => {
  test('goes to the same place, with the same credential, for the question alone', async () => {
    const { ask, embedded } = semanticStack([answer('so')], {
      model: 'text-embedding-3-large',
      dimensions: 256,
    });
    const path = '/chat/completions?api-version=1';
    await told(ask(FIRST, {}, { path, headers: { 'idempotency-key': 'x', 'openai-project': 'p' } }));
    const [call] = embedded;
    expect([call?.url, call?.params]).toEqual([
      'https://api.openai.com/v1/embeddings?api-version=1',
      { model: 'text-embedding-3-large', input: FIRST, dimensions: 256 },
    ]);
    expect(Object.fromEntries(call?.headers ?? [])).toEqual({
      accept: 'application/json',
      authorization: 'Bearer key',
      'content-type': 'application/json',
      'openai-project': 'p',
    });
  });

  test('passes the units further in, which see whose call it is', async () => {
    const seen: string[] = [];
    const unit: Interceptor = (next) => (call) => {
      seen.push(`${call.operation.name} ${call.id.replace(/^call_\w+/, 'id')} ${call.tags['endpoint']}`);
      return next(call);
    };
    const { ask } = semanticStack([answer('so')], {}, { inside: [unit] });
    await told(ask(FIRST, {}, { headers: tagHeaders({ endpoint: 'support' }) }));
    expect(seen).toEqual(['embeddings id-embeddings support', 'chat id support']);
  });

  test('may come as bytes', async () => {
    const bytes = (text: string): string =>
      Buffer.from(Float32Array.from(vectorOf(text)).buffer).toString('base64');
    const { ask } = semanticStack(
      [answer('so')],
      {},
      {
        embeddings: ({ params }) => embedding(bytes(String(params['input']))),
      },
    );
    await told(ask(FIRST));
    expect(await told(ask(SIMILAR))).toBe('200 semantic 0: so');
  });

  test.each([
    'https://x.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=1',
    'https://x.openai.azure.com/openai/deployments/gpt-4o/chat/completions/',
  ])('is refused where the URL is of one deployment: %s', async (url) => {
    const { layer, calls } = semanticStack([]);
    const body = JSON.stringify({ temperature: 0, messages: [{ role: 'user', content: FIRST }] });
    const { headers } = await layer.fetch(url, { method: 'POST', body });
    const error = refusalOf(headers);
    expect([error?.code, error?.message, calls.length]).toEqual([
      'invalid_option',
      'semanticCache: give `embed`: the URL of this call names a deployment, and that of a model for embeddings is not known',
      0,
    ]);
  });

  test('needs no place where a function makes them', async () => {
    const { layer } = semanticStack([answer('so')], { embed: (texts) => texts.map(vectorOf) });
    const url = 'https://x.openai.azure.com/openai/deployments/gpt-4o/chat/completions';
    const body = JSON.stringify({ temperature: 0, messages: [{ role: 'user', content: FIRST }] });
    expect(await told(layer.fetch(url, { method: 'POST', body }))).toBe('200 miss: so');
  });
});

describe('by a function', () => {
  test('gets the texts, and no call is made', async () => {
    const texts: (readonly string[])[] = [];
    const { ask, embedded } = semanticStack([answer('so')], {
      embed: async (asked) => {
        texts.push(asked);
        return asked.map((text) => Float64Array.from(vectorOf(text)));
      },
    });
    await told(ask(FIRST));
    expect(await told(ask(SIMILAR))).toBe('200 semantic 0: so');
    expect([texts, embedded.length]).toEqual([[[FIRST], [SIMILAR]], 0]);
  });
});

describe('that fails is a miss', () => {
  test.each<[string, Partial<SemanticCacheOptions>, (() => object) | undefined, string]>([
    [
      'a function that throws',
      {
        embed: () => {
          throw new Error('no');
        },
      },
      undefined,
      'fault semantic-cache open',
    ],
    [
      'a function that rejects',
      {
        embed: async () => {
          throw new Error('no');
        },
      },
      undefined,
      'fault semantic-cache open',
    ],
    ['a function that gives nothing', { embed: () => [] }, undefined, 'fault semantic-cache open'],
    ['a vector without a direction', { embed: () => [[0, 0]] }, undefined, 'fault semantic-cache open'],
    ['a vector of no numbers', { embed: () => [[Number.NaN, 1]] }, undefined, 'fault semantic-cache open'],
    [
      'an error of the provider',
      {},
      () => ({ status: 500, body: { error: { message: 'no' } } }),
      'fault semantic-cache open',
    ],
    ['a connection that breaks', {}, () => new TypeError('fetch failed'), 'fault semantic-cache open'],
    ['a body without a vector', {}, () => ({ data: [] }), 'fault semantic-cache open'],
    ['a body that is no JSON', {}, () => ({ status: 200, body: 'oops' }), 'fault semantic-cache open'],
  ])('%s', async (_, options, embeddings, fault) => {
    const { ask, log } = semanticStack([answer('one'), answer('two')], options, {
      ...(embeddings && { embeddings }),
    });
    expect(await told(ask(FIRST))).toBe('200 none: one');
    expect(await told(ask(FIRST))).toBe('200 none: two');
    expect(log.filter((line) => line.startsWith('fault'))).toEqual([fault]);
    expect(log.some((line) => line.includes('store'))).toBe(false);
  });

  test.each<[string, Partial<SemanticCacheOptions>]>([
    ['a function', { embed: never }],
    ['the provider', {}],
  ])('after a time: %s', async (_, options) => {
    const stack = semanticStack(
      [answer('one')],
      { embedTimeout: '300ms', ...options },
      { embeddings: () => never },
    );
    const asked = told(stack.ask(FIRST));
    await stack.clock.advance(299);
    expect(stack.calls).toHaveLength(0);
    await stack.clock.advance(1);
    expect(await asked).toBe('200 none: one');
    expect(stack.embedded.map(({ signal }) => signal.aborted)).toEqual(options.embed ? [] : [true]);
    expect(stack.clock.pending).toBe(0);
  });

  test('and is left alone for a while, longer each time; then one call tries it', async () => {
    let tries = 0;
    let well = false;
    const embed = (texts: readonly string[]): number[][] => {
      tries++;
      if (!well) throw new Error('no');
      return texts.map(vectorOf);
    };
    const { ask, clock } = semanticStack(Array(9).fill(answer('so')), { embed });
    await told(ask(FIRST));
    await clock.advance(999);
    await told(ask(FIRST));
    expect(tries).toBe(1);
    await clock.advance(1);
    await Promise.all([told(ask(FIRST)), told(ask(FIRST))]);
    expect(tries).toBe(2);
    await clock.advance(1999);
    await told(ask(FIRST));
    expect(tries).toBe(2);
    await clock.advance(1);
    well = true;
    await told(ask(FIRST));
    expect(await told(ask(SIMILAR))).toBe('200 semantic 0: so');
    expect(tries).toBe(4);
  });

  test.each([
    ['refused by a unit', new InterposeError('no', { code: 'budget_exceeded' })],
    ['not taken by the provider', { status: 400, body: { error: { code: 'bad' } } }],
  ])('without a rest for others, where it is of the one call: %s', async (_, failure) => {
    let tries = 0;
    const embeddings = (): object => (tries++ === 0 ? failure : embedding([1, 0]));
    const { ask } = semanticStack([answer('one'), answer('two')], {}, { embeddings });
    expect(await told(ask(FIRST))).toBe('200 none: one');
    expect(await told(ask(FIRST))).toBe('200 miss: two');
  });
});

describe('an abort', () => {
  const reason = new DOMException('the user left', 'AbortError');

  test.each<[string, Partial<SemanticCacheOptions>]>([
    ['by a function', { embed: never }],
    ['by the provider', {}],
  ])('while a question is embedded passes through: %s', async (_, options) => {
    const controller = new AbortController();
    const { signal } = controller;
    const stack = semanticStack([], options, { embeddings: () => never });
    const asked = stack.ask(FIRST, {}, { signal }).catch((error: unknown) => error);
    await stack.clock.advance(10);
    controller.abort(reason);
    expect(await asked).toBe(reason);
    expect([stack.calls.length, stack.clock.pending, getEventListeners(signal, 'abort').length]).toEqual([
      0, 0, 0,
    ]);
    expect(stack.embedded.every((call) => call.signal.aborted)).toBe(true);
    expect(stack.log.filter((line) => line.startsWith('fault'))).toEqual([]);
  });

  test('while it is verified passes through', async () => {
    const controller = new AbortController();
    const stack = semanticStack([answer('one')], { verify: never });
    await told(stack.ask(FIRST));
    const asked = stack.ask(SIMILAR, {}, { signal: controller.signal }).catch((error: unknown) => error);
    await stack.clock.advance(10);
    controller.abort(reason);
    expect(await asked).toBe(reason);
    expect([stack.calls.length, stack.clock.pending]).toEqual([1, 0]);
  });
});
