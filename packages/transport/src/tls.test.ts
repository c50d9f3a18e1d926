import { classify, type Failure } from '@interpose/core';
import { getEventListeners, once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certify } from './certificate.test-support.ts';
import type { TransportOptions } from './index.ts';
import { layered, listen } from './server.test-support.ts';

const own = certify('localhost');
const client = certify('a client');
let server: http2.Http2SecureServer;
let port: number;

beforeAll(async () => {
  const options = { ...own, allowHTTP1: true, requestCert: true, rejectUnauthorized: false };
  server = http2.createSecureServer(options, (request, response) => {
    const peer = (request.socket as TLSSocket).getPeerCertificate?.();
    response.setHeader('x-twice', ['1', '2']);
    if (request.url === '/stalls') return void response.write('first');
    response.end(
      `${request.httpVersion} ${peer?.subject?.CN ?? 'nobody'} ${request.headers['accept-encoding']}`,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});

afterAll(() => void server.close());

async function ask(options: TransportOptions, host = 'localhost'): Promise<string> {
  await using layer = layered(options);
  const response = await layer.fetch(`https://${host}:${port}/`, { method: 'POST', body: 'x' });
  return `${response.headers.get('x-twice')} ${await response.text()}`;
}

async function failure(options: TransportOptions, host?: string): Promise<Failure> {
  return ask(options, host).then(() => Promise.reject(new Error('nothing was thrown')), classify);
}

test('a certificate that nobody vouches for is refused, and asking again does not help', async () => {
  expect(await failure({})).toMatchObject({
    kind: 'network',
    transient: false,
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  });
});

test('one that an option vouches for is trusted, for its own name', async () => {
  const tls = { ca: own.cert };
  expect(await ask({ tls })).toBe('1, 2 1.1 nobody br, gzip, deflate');
  expect(await failure({ tls }, '127.0.0.1')).toMatchObject({
    transient: false,
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  });
  expect(await ask({ tls: { ...tls, servername: 'localhost' } }, '127.0.0.1')).toContain('1.1');
});

test('the check can be left out', async () => {
  expect(await ask({ tls: { rejectUnauthorized: false } }, '127.0.0.1')).toContain('1.1 nobody');
});

test('the client shows its own certificate', async () => {
  expect(await ask({ tls: { ca: [own.cert], cert: client.cert, key: client.key } })).toContain(
    '1.1 a client',
  );
});

test('HTTP/2 is spoken when asked for', async () => {
  expect(await ask({ http2: true, tls: { ca: own.cert } })).toContain('1, 2 2.0 nobody');
});

test('an abort under HTTP/2 ends the stream, and only that', async () => {
  await using layer = layered({ http2: true, tls: { ca: own.cert } });
  const url = `https://localhost:${port}/stalls`;
  const controller = new AbortController();
  const [stalled, other] = await Promise.all([
    layer.fetch(url, { signal: controller.signal }),
    layer.fetch(url),
  ]);
  const reader = stalled.body?.getReader();
  await reader?.read();
  const rest = reader?.read();
  controller.abort();
  await expect(rest).rejects.toBe(controller.signal.reason);
  await other.body?.cancel();
  expect(await (await layer.fetch(`https://localhost:${port}/`)).text()).toContain('2.0');
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

test('all of it holds in the tunnel of a proxy', async () => {
  const tunnels: string[] = [];
  const proxy = http.createServer().on('connect', (request, socket) => {
    tunnels.push(request.url ?? '');
    const tunnel = net.connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    tunnel.on('error', () => socket.destroy());
    socket.on('error', () => tunnel.destroy());
    tunnel.pipe(socket).pipe(tunnel);
  });
  await using through = await listen(proxy);
  const tls = { ca: own.cert, cert: client.cert, key: client.key };
  expect(await ask({ proxy: through.url, tls })).toContain('1.1 a client');
  expect(await failure({ proxy: through.url })).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  expect(tunnels).toEqual([`localhost:${port}`, `localhost:${port}`]);
});
