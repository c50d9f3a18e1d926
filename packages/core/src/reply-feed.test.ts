import { describe, expect, test } from 'vitest';
import { chatBody, finish, json, piece, replyOf, role, settledAs, usage } from './core.test-support.ts';
import type { EventFeed } from './index.ts';
import { LightResponse } from './light-response.ts';
import { SseDecoder } from './sse.ts';

const headers = { 'content-type': 'text/event-stream' };

/** Feeds each of `batches` as the events that it is the text of. */
function feed(batches: readonly string[], error?: Error): EventFeed & { readonly log: string[] } {
  const log: string[] = [];
  const queue = [...batches];
  return {
    log,
    next: async () => {
      const text = queue.shift();
      if (text === undefined && error) throw error;
      const decoder = new SseDecoder();
      return text === undefined ? undefined : [...decoder.push(Buffer.from(text)), ...decoder.end()];
    },
    cancel: async (reason) => void log.push(`cancelled ${String(reason)}`),
  };
}

const fed = (events: EventFeed, init: Parameters<typeof replyOf>[1] = {}) =>
  replyOf(new LightResponse({ status: 200, headers: new Headers(headers), body: null }), {
    ...init,
    events,
  });

describe('a reply that is fed with events', () => {
  test('is one like any other: bytes for who wants bytes, an outcome, no reading ahead', async () => {
    const all = [role, piece('one '), piece('two'), finish(), 'data: [DONE]\n\n'];
    const reply = fed(feed(all));
    const { outcome } = reply;
    expect(await reply.deliver().text()).toBe(all.join(''));
    expect(await outcome).toMatchObject({ status: 'completed', finishReasons: ['stop'] });
  });

  test('leaves out what the caller did not ask for, and counts it', async () => {
    const isExtra = (data: unknown): boolean => (data as { choices?: unknown[] }).choices?.length === 0;
    const reply = fed(feed([piece('one'), finish() + usage, 'data: [DONE]\n\n']), { isExtra });
    const { outcome } = reply;
    expect(await reply.deliver().text()).toBe(`${piece('one')}${finish()}data: [DONE]\n\n`);
    expect((await outcome).usage?.source).toBe('reported');
  });

  test('is truncated where it ends too soon, in the middle of an event too', async () => {
    for (const end of [piece('two'), 'data: {"choices":[{"index":0,"del']) {
      const reply = fed(feed([piece('one'), end]));
      const { outcome } = reply;
      await reply.deliver().text();
      expect((await outcome).status).toBe('truncated');
    }
  });

  test('fails of what is broken in the middle', async () => {
    const reply = fed(feed(['data: {"choi\n\n', piece('two')]));
    const { outcome } = reply;
    await reply.deliver().text();
    expect(await outcome).toMatchObject({ status: 'failed', failure: { code: 'malformed_event' } });
  });

  test('ends with the error that the feed ends with, and is not stopped then', async () => {
    const events = feed([piece('one')], new TypeError('terminated'));
    const reply = fed(events);
    const { outcome } = reply;
    const response = reply.deliver();
    expect(await settledAs(response.text())).toBe('TypeError: terminated');
    await reply.cancel();
    expect([(await outcome).status, events.log]).toEqual(['failed', []]);
  });

  test('stops the feed once when it is cancelled', async () => {
    const events = feed([piece('one'), piece('two')]);
    const reply = fed(events);
    const reader = reply.deliver().body?.getReader();
    await reader?.read();
    await reader?.cancel('enough');
    await reply.cancel('again');
    expect(events.log).toEqual(['cancelled enough']);
  });
});

describe('the text of a reply', () => {
  test('is the very text that came, and can be read again', async () => {
    const text = JSON.stringify(chatBody('hello'), undefined, 3);
    const reply = replyOf(new Response(text, { headers: { 'content-type': 'application/json' } }));
    expect([await reply.text(), await reply.deliver().text()]).toEqual([text, text]);
  });

  test('is what units further in made of it', async () => {
    const reply = replyOf(json(chatBody('hello')));
    reply.mapText(() => ({ push: (text) => text.toUpperCase(), end: () => '' }));
    expect(await reply.text()).toContain('HELLO');
  });

  test('is that of an error as well', async () => {
    const reply = replyOf(new Response('oh no', { status: 500 }));
    expect(await reply.text()).toBe('oh no');
    expect((await reply.failure())?.kind).toBe('server');
  });

  test('is none of a stream', async () => {
    await expect(fed(feed([])).text()).rejects.toThrow('reply.text() is for plain JSON replies');
  });
});

describe('a header that a unit sets', () => {
  test('is on the response, and those of the provider stay what they are', async () => {
    const response = json(chatBody('hello'), { headers: { 'x-a': '1' } });
    const reply = replyOf(response).setHeader('x-b', '2');
    expect(reply.headers.get('x-b')).toBe('2');
    const delivered = reply.deliver();
    expect([delivered.headers.get('x-a'), delivered.headers.get('x-b')]).toEqual(['1', '2']);
    expect(response.headers.has('x-b')).toBe(false);
    expect(() => reply.setHeader('x-c', '3')).toThrow('cannot be changed after it was returned');
  });
});
