import { describe, expect, test } from 'vitest';
import {
  ask,
  chatBody,
  data,
  done,
  finish,
  json,
  layerOver,
  piece,
  replyOf,
  role,
  settledAs,
  source,
  usage,
} from './core.test-support.ts';
import { contextKey } from './context.ts';
import type { Channel, Interceptor, TextTransform } from './index.ts';
import type { Reply } from './reply.ts';

const streamed = (...chunks: string[]): Response => source(chunks).response;
const textOf = (reply: Reply): Promise<string> => reply.deliver().text();

/** Writes in capitals and marks where a channel begins and ends; holds each last character back. */
function capitals(log: string[] = []) {
  return (channel: Channel): TextTransform => {
    log.push(channel.id);
    let held = '<';
    return {
      push(text) {
        const all = held + text.toUpperCase();
        held = all.slice(-1);
        return all.slice(0, -1);
      },
      end: () => `${held}>`,
    };
  };
}

/** The text that a client puts together, from a whole body or a stream. */
function written(wire: string, choice = 0): string {
  if (wire.startsWith('{')) return JSON.parse(wire).choices[choice].message.content;
  const events = wire.split('\n\n').filter((event) => event.startsWith('data: {'));
  const choices = events.flatMap((event) => JSON.parse(event.slice(6)).choices);
  return choices
    .filter((each) => each.index === choice)
    .map((each) => each.delta.content ?? '')
    .join('');
}

describe('a reply that nobody looks into', () => {
  test.each(['json', 'stream', 'binary', 'error'] as const)(
    'hands on the very response: %s',
    async (kind) => {
      const response = {
        json: () => json(chatBody('hello')),
        stream: () => streamed(piece('hello'), done),
        binary: () => new Response(new Uint8Array([1, 2])),
        error: () => json({ error: {} }, { status: 500 }),
      }[kind]();
      const through: Interceptor = (next) => (call) => next(call);
      expect(await ask(layerOver(async () => response, [through]))).toBe(response);
    },
  );

  test('keeps status, headers, url and the rest when somebody does look', async () => {
    const response = json(chatBody('hello'), { status: 201, statusText: 'Made', headers: { 'x-a': 'b' } });
    Object.defineProperty(response, 'url', { value: 'https://api.example/x' });
    const delivered = replyOf(response).tap({}).deliver();
    expect(delivered).not.toBe(response);
    expect(delivered.headers).toBe(response.headers);
    const { status, statusText, ok, url, redirected, type } = delivered;
    expect({ status, statusText, ok, url, redirected, type }).toEqual({
      status: 201,
      statusText: 'Made',
      ok: true,
      url: 'https://api.example/x',
      redirected: false,
      type: 'default',
    });
  });
});

describe('tap', () => {
  test('shows the events of a stream in order, but for [DONE], and changes no byte', async () => {
    const chunks = [
      ': hi\n\n',
      role + piece('he'),
      piece('llo').slice(0, 30),
      piece('llo').slice(30),
      usage + done,
    ];
    const seen: string[] = [];
    const reply = replyOf(streamed(...chunks));
    reply.tap({ event: (event) => seen.push(event.data), body: () => seen.push('body') });
    expect(await textOf(reply)).toBe(chunks.join(''));
    expect(seen.map((text) => `data: ${text}\n\n`)).toEqual([role, piece('he'), piece('llo'), usage]);
  });

  test('shows a whole body once, and hands on the text as it came', async () => {
    const text = `\n ${JSON.stringify(chatBody('hello'), null, 3)} `;
    const seen: unknown[] = [];
    const reply = replyOf(json(text)).tap({
      event: () => seen.push('event'),
      body: (body) => seen.push(body),
    });
    await reply.json();
    expect(await textOf(reply)).toBe(text);
    expect(seen).toEqual([chatBody('hello')]);
  });

  test('takes an object with other methods for what it is', async () => {
    const seen: string[] = [];
    const observer = { event: () => void seen.push('event'), end: () => seen.push('end'), push: () => [] };
    expect(await textOf(replyOf(streamed(piece('a'), done)).tap(observer))).toBe(piece('a') + done);
    expect(seen).toEqual(['event']);
  });

  test('shows neither errors nor bytes', async () => {
    const seen: unknown[] = [];
    const observer = { event: () => seen.push('event'), body: () => seen.push('body') };
    expect(await textOf(replyOf(json({ error: {} }, { status: 404 })).tap(observer))).toBe('{"error":{}}');
    expect(await textOf(replyOf(new Response('sound')).tap(observer))).toBe('sound');
    expect(seen).toEqual([]);
  });
});

describe('mapText', () => {
  const pieces = [role, piece('Hello, '), piece('wor'), piece('ld'), finish(), usage, done];

  test('rewrites whole and streamed replies by the same code', async () => {
    const whole = await textOf(replyOf(json(chatBody('Hello, world'))).mapText(capitals()));
    const parts = await textOf(replyOf(streamed(...pieces)).mapText(capitals()));
    expect([written(whole), written(parts)]).toEqual(['<HELLO, WORLD>', '<HELLO, WORLD>']);
    expect(parts.endsWith(usage + done)).toBe(true);
  });

  test('opens each channel once, and lets the channels of one stream go their own ways', async () => {
    const log: string[] = [];
    const call = (text: string): string =>
      data({ choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: text } }] } }] });
    const chunks = [piece('a1'), piece('b1', 1), piece('a2'), call('{"x"'), call(':1}'), piece('b2', 1)];
    const reply = replyOf(streamed(...chunks, finish('tool_calls'), finish('stop', 1), done));
    const wire = await textOf(reply.mapText(capitals(log)));
    expect(log).toEqual(['choice:0:content', 'choice:1:content', 'choice:0:tool:0:arguments']);
    expect([written(wire, 0), written(wire, 1)]).toEqual(['<A1A2>', '<B1B2>']);
    expect(wire.match(/"arguments":"(?:[^"\\]|\\.)*"/g)?.join('')).toMatch(/<\{.*X.*\}>/);
  });

  test('leaves what it does not change as the bytes that came', async () => {
    const odd = `data: {"choices": [ ],  "new_field":1}\n\n`;
    const chunks = [odd, 'event: ping\ndata: {"type":"ping"}\n\n', piece('a'), finish(), done];
    const reply = replyOf(streamed(...chunks)).mapText(() => ({ push: (text) => text, end: () => '' }));
    expect(await textOf(reply)).toBe(chunks.join(''));
  });

  test('lets out what was held back when the stream is cut', async () => {
    const wire = await textOf(replyOf(streamed(piece('ab'), piece('cd'))).mapText(capitals()));
    expect(written(wire)).toBe('<ABCD>');
  });

  test('does not pass on an event that was cut in two', async () => {
    const cut = piece('secret').slice(0, 60);
    const wire = await textOf(replyOf(streamed(piece('ab'), cut)).mapText(capitals()));
    expect(wire).not.toContain(`${cut}\n`);
    expect(written(wire)).toBe('<AB>');
  });

  test('runs inner units before outer ones, and an outer tap sees what an inner one wrote', async () => {
    const seen: string[] = [];
    const wrap = (mark: string): Interceptor => {
      return (next) => async (call) =>
        (await next(call)).mapText(() => ({ push: (text) => `${mark}(${text})`, end: () => '' }));
    };
    const look: Interceptor = (next) => async (call) =>
      (await next(call)).tap({
        event: (event) => seen.push(written(event.raw)),
        body: (body) => seen.push(written(JSON.stringify(body))),
      });
    for (const response of [json(chatBody('x')), streamed(piece('x'), done)]) {
      const layer = layerOver(async () => response, [wrap('outer'), look, wrap('inner')]);
      expect(written(await (await ask(layer)).text())).toBe('outer(inner(x))');
    }
    expect(seen).toEqual(['inner(x)', 'inner(x)']);
  });

  test('drops the length of a body that may change', async () => {
    const headers = { 'content-length': '999', 'x-a': 'b' };
    const mapped = replyOf(json(chatBody('a'), { headers }))
      .mapText(capitals())
      .deliver();
    const tapped = replyOf(json(chatBody('a'), { headers }))
      .tap({})
      .deliver();
    expect([mapped, tapped].map((each) => [...each.headers.keys()].join())).toEqual([
      'content-type,x-a',
      'content-length,content-type,x-a',
    ]);
  });

  test('leaves the headers that came, where there is no length among them', () => {
    const response = streamed(piece('x'), done);
    expect(replyOf(response).mapText(capitals()).deliver().headers).toBe(response.headers);
  });

  test('comes too late once the reply was returned', async () => {
    const reply = replyOf(json(chatBody('a')));
    reply.deliver();
    expect(() => reply.tap({})).toThrow('a reply cannot be changed after it was returned');
    expect(() => reply.mapText(capitals())).toThrow('a reply cannot be changed after it was returned');
    expect(() => reply.outcome).toThrow('reply.outcome must be asked for before the reply is returned');
  });
});

describe('json', () => {
  test('is the body as the units so far left it; those that come later see that', async () => {
    const reply = replyOf(json(chatBody('a')));
    const mark = (text: string) => () => ({ push: (each: string) => each + text, end: () => '' });
    const log = [written(JSON.stringify(await reply.json()))];
    reply.mapText(mark('1'));
    log.push(written(JSON.stringify(await reply.json())));
    reply.mapText(mark('2'));
    log.push(written(JSON.stringify(await reply.json())), written(await textOf(reply)));
    expect(log).toEqual(['a', 'a1', 'a12', 'a12']);
  });

  test('is undefined for an empty body, or one that is no JSON, which is handed on as it is', async () => {
    for (const text of ['', '{"a":', '<html>']) {
      const reply = replyOf(json(text)).tap({});
      expect([await reply.json(), await textOf(reply)]).toEqual([undefined, text]);
    }
  });

  test('is not for streams and bytes', async () => {
    const wrong = 'TypeError: interpose: reply.json() is for plain JSON replies; use reply.tap() for streams';
    expect(await settledAs(replyOf(streamed(done)).json())).toBe(wrong);
    expect(await settledAs(replyOf(new Response('sound')).json())).toBe(wrong);
  });
});

test('what an interceptor learns from outside reaches it by a context key', async () => {
  const key = contextKey('nobody');
  const outer: Interceptor = (next) => (call) => next(call.with({ context: [[key, 'outer']] }));
  const inner: Interceptor = (next) => async (call) =>
    (await next(call)).mapText(() => ({ push: () => call.get(key), end: () => '' }));
  const layer = layerOver(async () => json(chatBody('x')), [outer, inner]);
  expect(written(await (await ask(layer)).text())).toBe('outer');
});
