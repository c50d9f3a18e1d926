import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { transport } from './index.ts';
import { findProxies } from './proxy.ts';
import { layered, listen, serve, shown, type TestServer } from './server.test-support.ts';

/** A proxy of both kinds: absolute addresses and tunnels. */
async function openProxy(seen: string[]): Promise<TestServer> {
  const proxy = http.createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    const { 'proxy-authorization': _, ...headers } = request.headers;
    request.pipe(
      http.request(request.url ?? '', { method: request.method ?? 'GET', headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }),
    );
  });
  proxy.on('connect', (request, socket) => {
    seen.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    const [host = '', port] = (request.url ?? '').split(':');
    const tunnel = net.connect(Number(port), host, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    tunnel.on('error', () => socket.destroy());
    socket.on('error', () => tunnel.destroy());
    tunnel.pipe(socket).pipe(tunnel);
  });
  return listen(proxy);
}

afterEach(() => vi.unstubAllEnvs());

describe('the proxy', () => {
  test('that an option names is asked for everything', async () => {
    const seen: string[] = [];
    await using proxy = await openProxy(seen);
    await using server = await serve((_, response) => response.end('hello'));
    await using layer = layered({ proxy: proxy.url.replace('//', '//user:p%40ss@') });
    const response = await layer.fetch(`${server.url}/v1`, { method: 'POST', body: 'x' });
    expect([response.status, response.url, await response.text()]).toEqual([
      200,
      `${server.url}/v1`,
      'hello',
    ]);
    expect(seen).toEqual([`POST ${server.url}/v1 Basic ${btoa('user:p@ss')}`]);
  });

  test('makes a tunnel for what is encrypted', async () => {
    const seen: string[] = [];
    await using proxy = await openProxy(seen);
    const silent = net.createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as net.AddressInfo;
    await using layer = layered({ proxy: proxy.url });
    await expect(layer.fetch(`https://127.0.0.1:${port}/`)).rejects.toMatchObject({
      message: 'fetch failed',
    });
    expect(seen).toEqual([`CONNECT 127.0.0.1:${port}`]);
    silent.close();
  });

  test.each(['http_proxy', 'HTTP_PROXY'])(
    'that %s names is asked, unless no_proxy has the host',
    async (name) => {
      const seen: string[] = [];
      await using proxy = await openProxy(seen);
      await using server = await serve((_, response) => response.end('hello'));
      for (const other of ['http_proxy', 'HTTP_PROXY', 'no_proxy', 'NO_PROXY']) vi.stubEnv(other, '');
      vi.stubEnv(name, proxy.url);
      await using layer = layered({ proxy: undefined as never });
      await (await layer.fetch(`${server.url}/through`)).text();
      vi.stubEnv('no_proxy', '127.0.0.1');
      vi.stubEnv('NO_PROXY', '127.0.0.1');
      await (await layer.fetch(`${server.url}/past`)).text();
      await using direct = layered({ proxy: false });
      await (await direct.fetch(`${server.url}/past`)).text();
      expect(seen).toEqual([`GET ${server.url}/through`]);
    },
  );

  test('that refuses is a failure and no answer of the provider', async () => {
    await using proxy = await serve((_, response) => response.writeHead(407).end());
    await using layer = layered({ proxy: proxy.url });
    expect(await layer.fetch('http://127.0.0.1:1/').catch(shown)).toMatchObject({
      name: 'TypeError',
      message: 'fetch failed',
    });
  });

  test('that is no address is refused without a word of its password', () => {
    for (const wrong of ['http://user:secret@', 'ftp://user:secret@proxy', 'http://user:secret@pro xy:80']) {
      expect(() => transport({ proxy: wrong })).toThrow(
        /^transport: proxy must be the address of an http proxy$/,
      );
      expect(() => findProxies(undefined, { HTTPS_PROXY: wrong })).toThrow(/^transport: HTTPS_PROXY must be/);
    }
  });

  test.each([
    [{}, undefined],
    [{ http_proxy: '' }, undefined],
    [{ https_proxy: 'proxy:3128' }, { http: undefined, https: 'http://proxy:3128', except: undefined }],
    [
      { http_proxy: 'http://low', HTTP_PROXY: 'http://up', HTTPS_PROXY: 'https://s' },
      { http: 'http://low', https: 'https://s', except: undefined },
    ],
  ])('of the environment %o is %o', (environment, found) => {
    expect(findProxies(undefined, environment)).toEqual(found);
  });
});
