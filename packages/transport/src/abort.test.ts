import type { Fetch } from '@interpose/core';
import { getEventListeners, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import net, { type AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { layered, serve, until } from './server.test-support.ts';

type Ways = readonly [string, () => { fetch: Fetch } & AsyncDisposable];

const WAYS: readonly Ways[] = [
  [
    'the platform',
    () => ({ fetch: (...args) => fetch(...args), [Symbol.asyncDispose]: () => Promise.resolve() }),
  ],
  ['the transport', () => layered()],
];

/** Aborts, and tells what `call` rejects with; before anything else can happen. */
async function aborted(
  controller: AbortController,
  call: Promise<unknown>,
  reason?: unknown,
): Promise<unknown> {
  controller.abort(reason);
  const error = await Promise.race([
    call.then(
      () => 'nothing was thrown',
      (error: unknown) => error,
    ),
    turn('nothing was thrown at once'),
  ]);
  expect(error).toBe(controller.signal.reason);
  return error;
}

describe.each(WAYS)('an abort under %s', (_name, open) => {
  test('before the call rejects with the reason and sends nothing', async () => {
    await using server = await serve((_, response) => response.end());
    await using way = open();
    const reason = new Error('not any more');
    await expect(way.fetch(server.url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.connections).toBe(0);
  });

  test('while connecting rejects at once', async () => {
    // Takes connections and says nothing, so that TLS never comes about.
    const silent = net.createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    await using way = open();
    const controller = new AbortController();
    const { port } = silent.address() as AddressInfo;
    const call = way.fetch(`https://127.0.0.1:${port}/`, { signal: controller.signal });
    await once(silent, 'connection');
    await aborted(controller, call);
    silent.close();
  });

  test('while the provider thinks closes the connection', async () => {
    await using server = await serve(() => {});
    await using way = open();
    const controller = new AbortController();
    const call = way.fetch(server.url, { method: 'POST', body: '{}', signal: controller.signal });
    await until(() => server.sockets.size === 1);
    expect(await aborted(controller, call)).toMatchObject({ name: 'AbortError' });
    await until(() => server.sockets.size === 0);
  });

  test.each(['a reason', undefined, { any: 'thing' }])(
    'while the body is read rejects with %s',
    async (reason) => {
      await using server = await serve((_, response) => response.write('first'));
      await using way = open();
      const controller = new AbortController();
      const response = await way.fetch(server.url, { signal: controller.signal });
      const reader = response.body?.getReader();
      await reader?.read();
      await aborted(controller, reader?.read() ?? Promise.reject(new Error('no body')), reason);
      await until(() => server.sockets.size === 0);
      await expect(reader?.read()).rejects.toBe(controller.signal.reason);
    },
  );

  test.each(['text', 'json', 'arrayBuffer', 'blob'] as const)(
    'while %s() is read rejects',
    async (method) => {
      await using server = await serve((_, response) => response.write('first'));
      await using way = open();
      const controller = new AbortController();
      const response = await way.fetch(server.url, { signal: controller.signal });
      await aborted(controller, response[method]());
      await until(() => server.sockets.size === 0);
    },
  );

  test('while nobody reads closes the connection, and reading later rejects', async () => {
    await using server = await serve((_, response) => response.write('first'));
    await using way = open();
    const controller = new AbortController();
    const response = await way.fetch(server.url, { signal: controller.signal });
    controller.abort();
    await until(() => server.sockets.size === 0);
    await expect(response.text()).rejects.toBe(controller.signal.reason);
  });

  test('after the whole body came, unread, rejects all the same', async () => {
    await using server = await serve((_, response) => response.end('whole'));
    await using way = open();
    const controller = new AbortController();
    const response = await way.fetch(server.url, { signal: controller.signal });
    // The next call comes after it on the same connection, or on another: either way the first has ended.
    await (await way.fetch(server.url)).text();
    controller.abort();
    await expect(response.text()).rejects.toBe(controller.signal.reason);
  });

  test('after everything was read changes nothing', async () => {
    await using server = await serve((_, response) => response.end('whole'));
    await using way = open();
    const controller = new AbortController();
    const response = await way.fetch(server.url, { signal: controller.signal });
    expect(await response.text()).toBe('whole');
    controller.abort();
    expect(response.status).toBe(200);
  });

  test('by a time-out rejects with a TimeoutError', async () => {
    await using server = await serve(() => {});
    await using way = open();
    await expect(way.fetch(server.url, { signal: AbortSignal.timeout(5) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });
});

describe('an abort', () => {
  test('while a call waits for a connection takes it out of the queue', async () => {
    const held: ServerResponse[] = [];
    await using server = await serve((_, response) => void held.push(response));
    await using layer = layered({ connections: 1 });
    const first = layer.fetch(server.url);
    await until(() => held.length === 1);
    const controller = new AbortController();
    await aborted(controller, layer.fetch(server.url, { signal: controller.signal }));
    const third = layer.fetch(server.url);
    held[0]?.end('first');
    expect(await (await first).text()).toBe('first');
    await until(() => held.length === 2);
    held[1]?.end('third');
    expect(await (await third).text()).toBe('third');
    expect(server.connections).toBe(1);
  });

  test('while the body is sent ends its source', async () => {
    await using server = await serve((request) => request.resume());
    await using layer = layered();
    const controller = new AbortController();
    let cancelled: unknown;
    const body = new ReadableStream<Uint8Array>({
      start: (source) => source.enqueue(Buffer.from('first')),
      pull: () => new Promise(() => {}),
      cancel: (reason) => void (cancelled = reason),
    });
    const call = layer.fetch(server.url, { method: 'POST', body, duplex: 'half', signal: controller.signal });
    await until(() => server.sockets.size === 1);
    await aborted(controller, call);
    await until(() => cancelled !== undefined);
    expect(cancelled).toBe(controller.signal.reason);
  });

  test('leaves no listener behind, whichever way 10,000 calls end', { timeout: 60_000 }, async () => {
    await using server = await serve((request, response) => {
      if (request.url === '/cut') request.socket.destroy();
      else if (request.url === '/moved') response.writeHead(302, { location: '/' }).end();
      else if (request.url === '/stream') response.write('first');
      else response.end('{"a":1}');
    });
    await using layer = layered({ connections: 64 });
    const { signal } = new AbortController();
    const warnings: Error[] = [];
    const warned = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warned);
    const ends: ((url: string) => Promise<unknown>)[] = [
      async (url) => (await layer.fetch(url, { signal })).json(),
      async (url) => (await layer.fetch(url, { signal })).arrayBuffer(),
      async (url) => layer.fetch(url, { signal, method: 'HEAD' }),
      // Never read.
      async (url) => layer.fetch(url, { signal }),
      async (url) => (await layer.fetch(`${url}/moved`, { signal })).text(),
      async (url) => layer.fetch(`${url}/moved`, { signal, redirect: 'error' }).catch(() => {}),
      async (url) => layer.fetch(`${url}/cut`, { signal }).catch(() => {}),
      async (url) => (await layer.fetch(`${url}/stream`, { signal })).body?.cancel(),
    ];
    const calls = Array.from({ length: 10_000 }, (_, index) => {
      // The dear ways, which break connections, are a tenth.
      const end = ends[index % 10 === 0 ? (index / 10) % ends.length : index % 5];
      return end?.(server.url);
    });
    await Promise.all(calls);
    await until(() => getEventListeners(signal, 'abort').length === 0);
    process.off('warning', warned);
    expect(warnings).toEqual([]);
  });
});
