import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHAT_URL, chatInit, json, layerOver } from './core.test-support.ts';
import { tagHeaders, tagsFromHeaders, withTags, type Tags } from './tags.ts';
import type { Fetch, Interceptor, Layer } from './index.ts';

interface Seen {
  readonly layer: Layer;
  readonly log: string[];
}

/** A layer that logs the tags of each call, and the headers that are sent. */
function logging(): Seen {
  const log: string[] = [];
  const look: Interceptor = (next) => (call) => {
    log.push(JSON.stringify(call.tags), ...call.headers.keys());
    return next(call);
  };
  const transport: Fetch = async (_, init) => {
    log.push(`sent ${[...new Headers(init?.headers).keys()].join()}`);
    return json({});
  };
  return { layer: layerOver(transport, [look]), log };
}

async function tagsOf(headers: Record<string, string> = {}): Promise<string | undefined> {
  const { layer, log } = logging();
  await layer.fetch(CHAT_URL, chatInit({}, { headers }));
  return log[0];
}

describe('tags on a request', () => {
  test('become tags of the call and are not sent', async () => {
    const { layer, log } = logging();
    const headers = new Headers({ 'x-a': '1', 'X-Interpose-Tenant': 'acme' });
    await layer.fetch(CHAT_URL, chatInit({}, { headers }));
    expect(log).toEqual(['{"tenant":"acme"}', 'x-a', 'sent x-a']);
    expect(headers.has('x-interpose-tenant')).toBe(true);
  });

  test('are not sent with a request that the core does not know, either', async () => {
    const { layer, log } = logging();
    const headers = { 'x-a': '1', ...tagHeaders({ tenant: 'acme' }) };
    await layer.fetch('https://auth.example/token', { method: 'POST', headers, body: 'secret' });
    await layer.fetch(new Request('https://auth.example/token', { headers }));
    expect(log).toEqual(['sent x-a', 'sent x-a']);
  });

  test('may be written by hand, without the encoding', async () => {
    expect(await tagsOf({ 'x-interpose-endpoint': '100%' })).toBe('{"endpoint":"100%"}');
  });

  test('come through headers as they were, whatever they say', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z0-9_-]{1,20}$/), text), (given) => {
        const tags = Object.fromEntries(Object.entries(given).filter(([name]) => name !== '__proto__'));
        expect(tagsFromHeaders(new Headers(tagHeaders(tags))) ?? {}).toEqual(tags);
      }),
    );
  });

  test('are checked', () => {
    expect(() => tagHeaders({ 'Bad Name': 'x' })).toThrow(
      'tags: a name must be lower-case letters, digits, - and _, got "Bad Name"',
    );
    expect(() => withTags({ user: 7 } as unknown as Tags, () => 0)).toThrow(
      'tags: user must be a string, got 7',
    );
  });
});

describe('withTags', () => {
  test('tags every call that is made in it, also after awaits, and none outside', async () => {
    const inside = await withTags({ endpoint: 'search' }, async () => {
      await Promise.resolve();
      await new Promise((resolve) => setImmediate(resolve));
      return tagsOf();
    });
    expect([inside, await tagsOf()]).toEqual(['{"endpoint":"search"}', '{}']);
  });

  test('nests: inner tags win over outer ones, and those of the request over both', async () => {
    const log = await withTags({ endpoint: 'outer', tenant: 'outer', user: 'outer' }, () =>
      withTags({ tenant: 'inner', user: 'inner' }, () => tagsOf(tagHeaders({ user: 'request' }))),
    );
    expect(log).toBe('{"endpoint":"outer","tenant":"inner","user":"request"}');
  });

  test('keeps calls that run side by side apart', async () => {
    const names = ['a', 'b', 'c'];
    const seen = await Promise.all(
      names.map((user) => withTags({ user }, () => Promise.resolve().then(() => tagsOf()))),
    );
    expect(seen).toEqual(names.map((user) => JSON.stringify({ user })));
  });

  test('returns what its function returns', () => {
    expect(withTags({}, () => 7)).toBe(7);
  });
});
