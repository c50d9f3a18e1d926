import { controlLayer, type Interceptor } from '@interpose/core';
import { Stream } from 'openai/core/streaming';
import { describe, expect, test, vi } from 'vitest';
import { DecodedStream } from './decoded-stream.ts';

const a = 'data: {"a":1}\n\n';
const b = 'data: {"b":"ü👋"}\n\n';
const done = 'data: [DONE]\n\n';

/** Wires that a stream may come over. What the client makes of them is the law. */
const WIRES: Record<string, string> = {
  plain: a + b + done,
  'with CRLF': (a + b + done).replaceAll('\n', '\r\n'),
  'with CR': (a + b + done).replaceAll('\n', '\r'),
  'with line ends of all kinds': 'data: 1\r\n\ndata: 2\n\r\ndata: 3\r\rdata: 4\n\n',
  'with comments': `: hello\n\n${a}:\n:x\n${b}: bye\n\n${done}`,
  'data over several lines': 'data: {"a":\ndata: 1}\n\ndata: [\ndata:1\ndata:]\n\n',
  'no space, two spaces': 'data:{"a":1}\n\ndata:  {"a":2}\n\n',
  'other fields': `id: 7\nretry: 10\n${a}data\u00e9: 1\n\n${b}`,
  'a byte order mark': `\uFEFF${a}${b}`,
  'blank lines': `\n\n\n${a}\n\n\n${b}\n\n`,
  'after the end': a + done + b,
  'no end marker': a + b,
  'no blank line at the end': a + b.slice(0, -1),
  'no line end at the end': a + b.slice(0, -2),
  'an end marker with more': `${a}data: [DONE] \n\n${b}`,
  'an end marker that begins so': `${a}data: [DONE]ish\n\n${b}`,
  'an end marker in two lines': `${a}data: [DONE]\ndata: x\n\n${b}`,
  'a named end marker': `${a}event: done\ndata: [DONE]\n\n${b}`,
  'an end marker without a blank line': `${a}data: [DONE]`,
  'an error payload': `${a}data: {"error":{"message":"no","code":"c","type":"t","param":"p"}}\n\n${b}`,
  'an error of text': `${a}data: {"error":"no"}\n\n${b}`,
  'an error of nothing': 'data: {"error":null}\n\ndata: {"error":""}\n\ndata: {"error":0}\n\n',
  'an error event': `${a}event: error\ndata: {"error":{"message":"no","code":"c"}}\n\n${b}`,
  'an error event of its own': `event: error\ndata: {"message":"no","code":"c"}\n\n${b}`,
  'an error event of null': `event: error\ndata: null\n\n${b}`,
  'thread events':
    'event: thread.created\ndata: {"id":"t"}\n\nevent: thread.error\ndata: {"error":{"message":"no"}}\n\n',
  'named events': 'event: response.created\ndata: {"id":"t"}\n\nevent:\ndata: 1\n\n',
  'a name that stays': `event: x\nevent: error\ndata: {"message":"no"}\n\n${b}`,
  'a name without a colon': `event: x\nevent\ndata: 1\n\n`,
  'data without a colon': `${a}data\n\n${b}`,
  'data of nothing': `${a}data:\n\n${b}`,
  'broken JSON': `${a}data: {"b":\n\n${b}`,
  'text for JSON': `${a}data: hello\n\n${b}`,
  'JSON of all kinds': 'data: null\n\ndata: 1\n\ndata: "x"\n\ndata: [1]\n\ndata: true\n\ndata: {}\n\n',
  'JSON that is no stream': '{"id":"x","choices":[]}',
  'JSON over lines': '{\n  "data": 1\n}',
  empty: '',
};

const MODES = [
  ['as the client reads them', undefined, undefined],
  ['with names', true, undefined],
  ['as events', false, 'events'],
  ['as events with names', true, 'events'],
] as const;

type From = typeof Stream.fromSSEResponse;

async function read(from: From, response: Response, ...mode: [boolean | undefined, 'events' | undefined]) {
  const controller = new AbortController();
  const items: unknown[] = [];
  let error: unknown;
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  try {
    for await (const item of from(response, controller, undefined, ...mode)) items.push(item);
  } catch (caught) {
    error = caught;
  }
  const logged = log.mock.calls.flat();
  log.mockRestore();
  const { constructor, message, headers, code, status } = (error ?? {}) as Error & Record<string, unknown>;
  return {
    items,
    error: error && { class: constructor.name, message, code, status, headers: headers === response.headers },
    aborted: controller.signal.aborted,
    logged,
  };
}

/** A response that comes in pieces of so many bytes. */
function cut(wire: string, size: number, type = 'text/event-stream'): Response {
  const bytes = Buffer.from(wire);
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(new Uint8Array(bytes.subarray(at, (at += size))));
    },
  });
  return new Response(body, { headers: { 'content-type': type } });
}

/** The response as a layer hands it out whose only interceptor looks. */
async function looked(response: Response): Promise<Response> {
  const look: Interceptor = (next) => async (call) =>
    (await next(call)).tap({ event: ({ json }) => void json });
  const { send } = controlLayer([look]);
  const init = { method: 'POST', body: '{"stream":true}' };
  return send('http://x.test/v1/chat/completions', init, { transport: async () => response });
}

describe.each(MODES)('a decoded stream is the client’s, %s', (_, named, mode) => {
  test.each(Object.entries(WIRES))('%s', async (_name, wire) => {
    const wanted = await read(Stream.fromSSEResponse, cut(wire, 1 << 20), named, mode);
    for (const size of [1, 2, 7, 1 << 20]) {
      const bytes = cut(wire, size);
      const events = await looked(cut(wire, size));
      const got = await read(DecodedStream.fromSSEResponse, bytes, named, mode);
      const decoded = await read(DecodedStream.fromSSEResponse, events, named, mode);
      expect({ size, got, decoded, locked: bytes.body?.locked }).toEqual({
        size,
        got: wanted,
        decoded: wanted,
        locked: false,
      });
    }
  });
});

// The one difference: the client takes these for broken JSON, the standard for no event at all.
test.each([`${a}event: ping\n\n${b}`, `${a}event: ping\n: comment\n\n${b}`, `${a}${b}event: ping`])(
  'a name without data is no event (%j)',
  async (wire) => {
    const { error } = await read(Stream.fromSSEResponse, cut(wire, 9), undefined, undefined);
    const got = await read(DecodedStream.fromSSEResponse, cut(wire, 9), undefined, undefined);
    expect([error, got]).toMatchObject([
      { class: 'SyntaxError' },
      { items: [{ a: 1 }, { b: 'ü👋' }], aborted: false },
    ]);
  },
);

describe('a decoded stream is the client’s in odd cases:', () => {
  const json = (wire: string) => cut(wire, 9, 'application/json');

  test.each<[string, () => Response]>([
    ['no body', () => new Response(null)],
    ['the type of JSON', () => json('{"id":"x","choices":[]}')],
    ['the type of JSON around events', () => json(a + b + done)],
    ['the type of JSON around nothing', () => json('')],
    ['text for bytes', () => double(['data: {"a":1}\n', '\n', 'data: [DONE]\n\n'])],
    ['buffers for bytes', () => double([new Uint8Array(Buffer.from(a)).buffer, null, undefined])],
    ['a body that can only be iterated', () => iterable([Buffer.from(a), Buffer.from(b + done)])],
    ['a body that breaks', () => broken(new TypeError('terminated'))],
    ['a body that breaks as if aborted', () => broken(new DOMException('x', 'AbortError'))],
    ['a body that breaks without an error', () => broken('gone')],
  ])('%s', async (_name, response) => {
    const wanted = await read(Stream.fromSSEResponse, response(), undefined, undefined);
    const given = response();
    const got = await read(DecodedStream.fromSSEResponse, given, undefined, undefined);
    expect({ ...got, locked: given.body?.locked }).toEqual({
      ...wanted,
      locked: given.body?.getReader ? false : undefined,
    });
  });

  test.each<[string, () => Response]>([
    ['the type of JSON', () => json('{"id":"x","choices":[]}')],
    ['the type of JSON around events', () => json(a + b + done)],
    ['the type of JSON around nothing', () => json('')],
    ['a body that breaks', () => broken(new TypeError('terminated'))],
    ['a body that breaks as if aborted', () => broken(new DOMException('x', 'AbortError'))],
    ['a body that can only be iterated', () => iterable([Buffer.from(a), Buffer.from(b + done)])],
  ])('%s, looked at', async (_name, response) => {
    const wanted = await read(Stream.fromSSEResponse, response(), undefined, undefined);
    const got = await read(DecodedStream.fromSSEResponse, await looked(response()), undefined, undefined);
    expect(got).toEqual(wanted);
  });
});

/** A double of a response whose body streams anything. */
function double(chunks: unknown[]): Response {
  const body = new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  return { ok: true, status: 200, headers: new Headers(), body } as unknown as Response;
}

function iterable(chunks: Uint8Array[]): Response {
  const body = {
    async *[Symbol.asyncIterator]() {
      yield* chunks;
    },
  };
  const headers = new Headers({ 'content-type': 'text/event-stream' });
  return { ok: true, status: 200, headers, body } as unknown as Response;
}

function broken(error: unknown): Response {
  let sent = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent) controller.error(error);
      else controller.enqueue(Buffer.from(a));
      sent = true;
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}
