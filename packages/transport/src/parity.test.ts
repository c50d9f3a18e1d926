import type { Fetch } from '@interpose/core';
import { openAsBlob } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bodyOf, layered, serve, shown, type TestServer } from './server.test-support.ts';

let server: TestServer;
let other: TestServer;
let nowhere: string;
const layer = layered();

beforeAll(async () => {
  other = await serve(answer);
  server = await serve(answer);
  const gone = await serve(answer);
  nowhere = gone.url;
  await gone[Symbol.asyncDispose]();
});

afterAll(async () => {
  await layer[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
});

const TEXT = 'Grüße, 世界. '.repeat(50);

const CODINGS: Readonly<Record<string, (text: Buffer) => Buffer>> = {
  gzip: zlib.gzipSync,
  'x-gzip': zlib.gzipSync,
  deflate: zlib.deflateSync,
  raw: zlib.deflateRawSync,
  br: zlib.brotliCompressSync,
  zstd: zlib.zstdCompressSync,
  'gzip, br': (text) => zlib.brotliCompressSync(zlib.gzipSync(text)),
  identity: (text) => text,
};

/** Tells what was asked, or does what the path says. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', 'http://localhost');
  const [, action = '', argument = ''] = decodeURIComponent(url.pathname).split('/');
  const to = (url.searchParams.get('to') ?? '/echo').replace('OTHER', other.url);
  switch (action) {
    case 'status':
      response.writeHead(Number(argument), 'So it is', {
        'x-request-id': 'req_1',
        'Set-Cookie': ['a=1', 'b=2'],
      });
      return void response.end(Number(argument) === 204 || Number(argument) === 304 ? undefined : '{"a":1}');
    case 'headers':
      response.writeHead(200, [
        ['X-Twice', '1'],
        ['X-Twice', '2'],
        ['Content-Type', 'text/plain'],
        ['B', ' spaced '],
        ['a', 'caf\u00e9'],
        ['Empty', ''],
        ['constructor', 'c'],
      ]);
      return void response.end('\uFEFFmarked');
    case 'redirect':
      response.writeHead(Number(argument), to === 'nowhere' ? {} : { location: to });
      return void response.end('moved');
    case 'loop':
      return void response.writeHead(302, { location: `/loop/${Number(argument) + 1}` }).end();
    case 'coded': {
      const coding = argument === 'raw' ? 'deflate' : argument;
      response.writeHead(200, { 'content-encoding': coding });
      return void response.end((CODINGS[argument] ?? CODINGS['gzip'])?.(Buffer.from(TEXT)));
    }
    case 'garbled':
      response.writeHead(200, { 'content-encoding': argument });
      return void response.end('this is not it');
    case 'cut':
      response.writeHead(200, argument === 'length' ? { 'content-length': 100 } : {});
      return void response.write('half', () => setImmediate(() => request.socket.destroy()));
    case 'reset':
      return void request.socket.destroy();
    case 'nonsense':
      return void request.socket.end('nonsense\r\n\r\n');
    case 'pieces':
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let index = 0; index < 50; index++) response.write(`data: ${index}\n\n`);
      return void response.end();
    default: {
      const body = await bodyOf(request);
      const { method } = request;
      const headers: Record<string, unknown> = Object.fromEntries(
        Object.entries(request.headers).toSorted(([a], [b]) => (a < b ? -1 : 1)),
      );
      const boundary = /boundary=(.+)$/.exec(request.headers['content-type'] ?? '')?.[1];
      const hide = (text: string): string => (boundary ? text.replaceAll(boundary, 'BOUNDARY') : text);
      // What only browsers need is not sent; the port differs from run to run.
      for (const name of ['host', 'sec-fetch-mode', 'accept-language', 'accept-encoding'])
        delete headers[name];
      response.setHeader('content-type', 'application/json');
      response.end(
        hide(JSON.stringify({ method, url: request.url, headers, body: body.toString('latin1') })),
      );
    }
  }
}

async function whole(response: Response): Promise<unknown> {
  const { status, statusText, ok, redirected, type, headers } = response;
  return {
    status,
    statusText,
    ok,
    redirected,
    type,
    url: response.url.replace(server.url, '').replace(other.url, 'OTHER'),
    headers: [...headers.entries()].filter(([name]) => name !== 'date'),
    hasBody: response.body !== null,
    text: await response.text(),
    used: response.bodyUsed,
  };
}

const post = (body: unknown, init: object = {}): RequestInit =>
  ({ method: 'POST', body, duplex: 'half', ...init }) as RequestInit;

async function* pieces(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('one');
  yield Buffer.from('two');
}

function form(): FormData {
  const form = new FormData();
  form.append('purpose', 'batch "ä"\r\n');
  form.append('file', new File(['{"a":1}\n'], 'räquests.jsonl', { type: 'application/jsonl' }));
  form.append('blob', new Blob(['x']));
  return form;
}

const credentials = {
  authorization: 'Bearer secret',
  cookie: 'session=1',
  'proxy-authorization': 'Basic x',
  'x-kept': 'yes',
  'content-language': 'de',
};

type Case = (fetch: Fetch, url: string) => Promise<unknown>;

const CASES: Readonly<Record<string, Case>> = {
  'a plain GET': async (fetch, url) => whole(await fetch(`${url}/echo?a=1&b=%20x#hash`)),
  'a URL object': async (fetch, url) => whole(await fetch(new URL(`${url}/echo`))),
  'a request object': async (fetch, url) =>
    whole(await fetch(new Request(`${url}/echo`, { method: 'PUT', body: 'text', headers: { a: '1' } }))),
  'a request object with an init': async (fetch, url) =>
    whole(
      await fetch(
        new Request(`${url}/echo`, { method: 'PUT', headers: { a: '1' } }),
        post('x', { headers: { b: '2' } }),
      ),
    ),
  'methods in lower case': async (fetch, url) => [
    await whole(await fetch(`${url}/echo`, { method: 'delete' })),
    await whole(await fetch(`${url}/echo`, { method: 'delete' })),
  ],
  'headers as a record': async (fetch, url) =>
    whole(
      await fetch(`${url}/echo`, {
        headers: { 'X-A': ' 1 ', 'User-Agent': 'me', Accept: 'x/y', 'accept-encoding': 'br' },
      }),
    ),
  'headers as a list': async (fetch, url) =>
    whole(
      await fetch(`${url}/echo`, {
        headers: [
          ['x-a', '1'],
          ['X-A', '2'],
        ],
      }),
    ),
  'headers as an object': async (fetch, url) =>
    whole(await fetch(`${url}/echo`, { headers: new Headers({ 'x-a': 'é' }) })),
  'a header that cannot be': async (fetch, url) =>
    whole(await fetch(`${url}/echo`, { headers: { 'x a': '1' } })),
  'a value that cannot be': async (fetch, url) => whole(await fetch(`${url}/echo`, { headers: { a: '世' } })),
  'a string': async (fetch, url) => whole(await fetch(`${url}/echo`, post('Grüße \ud800'))),
  'a string of a type': async (fetch, url) =>
    whole(await fetch(`${url}/echo`, post('{}', { headers: { 'content-type': 'application/json' } }))),
  'an empty string': async (fetch, url) => whole(await fetch(`${url}/echo`, post(''))),
  'no body': async (fetch, url) => whole(await fetch(`${url}/echo`, { method: 'POST' })),
  bytes: async (fetch, url) => whole(await fetch(`${url}/echo`, post(Buffer.from('bytes')))),
  'a part of a buffer': async (fetch, url) =>
    whole(await fetch(`${url}/echo`, post(new DataView(new TextEncoder().encode('abcdef').buffer, 1, 3)))),
  'an array buffer': async (fetch, url) =>
    whole(await fetch(`${url}/echo`, post(new TextEncoder().encode('ab').buffer))),
  'a query': async (fetch, url) => whole(await fetch(`${url}/echo`, post(new URLSearchParams({ a: 'ä b' })))),
  'a blob': async (fetch, url) =>
    whole(await fetch(`${url}/echo`, post(new Blob(['blob'], { type: 'text/x' })))),
  'a blob of no type': async (fetch, url) => whole(await fetch(`${url}/echo`, post(new Blob(['blob'])))),
  'a form': async (fetch, url) => whole(await fetch(`${url}/echo`, post(form()))),
  'a form with a file of the disk': async (fetch, url) => {
    const form = new FormData();
    form.append('file', await openAsBlob(import.meta.filename), 'me.ts');
    return whole(await fetch(`${url}/echo`, post(form)));
  },
  'a stream': async (fetch, url) => whole(await fetch(`${url}/echo`, post(ReadableStream.from(pieces())))),
  'an async iterable': async (fetch, url) => whole(await fetch(`${url}/echo`, post(pieces()))),
  'a stream without duplex': async (fetch, url) =>
    whole(await fetch(`${url}/echo`, post(ReadableStream.from(pieces()), { duplex: undefined }))),
  'a stream that fails': async (fetch, url) =>
    whole(
      await fetch(`${url}/echo`, post(new ReadableStream({ pull: (c) => c.error(new Error('source')) }))),
    ),
  'an object': async (fetch, url) => whole(await fetch(`${url}/echo`, post({ a: 1 }))),
  'a GET with a body': async (fetch, url) => whole(await fetch(`${url}/echo`, post('x', { method: 'GET' }))),
  'a forbidden method': async (fetch, url) => whole(await fetch(`${url}/echo`, { method: 'TRACE' })),
  'a malformed method': async (fetch, url) => whole(await fetch(`${url}/echo`, { method: 'A B' })),
  'no address': async (fetch) => whole(await fetch('/v1/models')),
  'another scheme': async (fetch) => whole(await fetch('ftp://localhost/')),
  'data in the address': async (fetch) => (await fetch('data:text/plain,hello')).text(),
  'the answer as text, twice': async (fetch, url) => {
    const response = await fetch(`${url}/pieces`);
    return [await response.text(), await response.text().catch((error: Error) => error.name)];
  },
  'the answer as JSON': async (fetch, url) => (await fetch(`${url}/status/200`)).json(),
  'the answer as JSON that it is not': async (fetch, url) => (await fetch(`${url}/pieces`)).json(),
  'the answer as bytes': async (fetch, url) =>
    Buffer.from(await (await fetch(`${url}/pieces`)).arrayBuffer()).toString(),
  'the answer as a blob': async (fetch, url) => {
    const blob = await (await fetch(`${url}/pieces`)).blob();
    return [blob.type, await blob.text()];
  },
  'the answer by chunks': async (fetch, url) => {
    let text = '';
    for await (const chunk of (await fetch(`${url}/pieces`)).body ?? [])
      text += new TextDecoder().decode(chunk);
    return text;
  },
  'a clone of the answer': async (fetch, url) => {
    const response = await fetch(`${url}/pieces`);
    return [await response.clone().text(), await response.text()];
  },
  'a byte order mark': async (fetch, url) => whole(await fetch(`${url}/headers`)),
  ...each([200, 201, 204, 304, 400, 404, 429, 500], 'a status', (fetch, url, status) =>
    fetch(`${url}/status/${status}`),
  ),
  'a HEAD': async (fetch, url) => whole(await fetch(`${url}/status/200`, { method: 'HEAD' })),
  cookies: async (fetch, url) => (await fetch(`${url}/status/200`)).headers.getSetCookie(),
  ...each(Object.keys(CODINGS), 'a coding', (fetch, url, coding) =>
    fetch(`${url}/coded/${encodeURIComponent(coding)}`),
  ),
  ...each(['gzip', 'deflate', 'br', 'a,b,c,d,e,f'], 'a body that is not coded as', (fetch, url, coding) =>
    fetch(`${url}/garbled/${coding}`),
  ),
  ...each([301, 302, 303, 307, 308], 'a GET that is redirected', (fetch, url, status) =>
    fetch(`${url}/redirect/${status}?to=/echo%23there`),
  ),
  ...each([301, 302, 303, 307, 308], 'a POST that is redirected', (fetch, url, status) =>
    fetch(`${url}/redirect/${status}`, post('text', { headers: credentials })),
  ),
  ...each([302], 'a form that is redirected', (fetch, url, status) =>
    fetch(`${url}/redirect/${status}`, post(form())),
  ),
  ...each([302, 307], 'a redirect to another origin', (fetch, url, status) =>
    fetch(`${url}/redirect/${status}?to=OTHER/echo`, post('text', { headers: credentials })),
  ),
  ...each(
    ['nowhere', 'http://[', 'ftp://localhost/', 'http://u:p@localhost/', '/caf%C3%A9'],
    'a redirect to',
    (fetch, url, to) => fetch(`${url}/redirect/302?to=${encodeURIComponent(to)}`),
  ),
  ...each(['manual', 'error'] as const, 'a redirect, followed by', (fetch, url, redirect) =>
    fetch(`${url}/redirect/302`, { redirect }),
  ),
  'a redirect without end': async (fetch, url) => whole(await fetch(`${url}/loop/0`)),
  ...each(['length', 'chunked'], 'a body that breaks off, by', (fetch, url, by) => fetch(`${url}/cut/${by}`)),
  'a connection that breaks': async (fetch, url) => whole(await fetch(`${url}/reset`)),
  'an answer that is no HTTP': async (fetch, url) => whole(await fetch(`${url}/nonsense`)),
  'a port where nobody listens': async (fetch) => whole(await fetch(nowhere)),
  'a host that is not there': async (fetch) => whole(await fetch('http://nothing.invalid/')),
};

/** Where the platform's words come from its inner workings, say nothing, or quote a password. */
const IN_OTHER_WORDS: Readonly<Record<string, Case>> = {
  'a stream of something else': async (fetch, url) =>
    whole(await fetch(`${url}/echo`, post(ReadableStream.from([1])))),
  'credentials in the address': async (fetch, url) =>
    whole(await fetch(`${url.replace('//', '//u:p@')}/echo`)),
  ...each([302, 307], 'a stream that is redirected', (fetch, url, status) =>
    fetch(`${url}/redirect/${status}`, post(ReadableStream.from(pieces()))),
  ),
};

function each<const T>(
  values: readonly T[],
  name: string,
  call: (fetch: Fetch, url: string, value: T) => Promise<Response>,
): Record<string, Case> {
  return Object.fromEntries(
    values.map((value) => [
      `${name} ${value}`,
      async (fetch: Fetch, url: string) => whole(await call(fetch, url, value)),
    ]),
  );
}

describe('the same comes out of the transport and of the platform', () => {
  test.each(Object.entries(CASES))('%s', async (_name, run) => {
    const expected = await run((...args) => fetch(...args), server.url).catch(shown);
    expect(await run(layer.fetch, server.url).catch(shown)).toEqual(expected);
  });

  test.each(Object.entries(IN_OTHER_WORDS))('%s, in other words', async (_name, run) => {
    const names = (error: Error): unknown => [error.name, (error.cause as Error | undefined)?.name];
    const expected = await run((...args) => fetch(...args), server.url).catch(names);
    expect(await run(layer.fetch, server.url).catch(names)).toEqual(expected);
  });
});
