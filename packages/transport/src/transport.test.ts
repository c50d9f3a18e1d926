import { classify, controlLayer, type Plugin } from '@interpose/core';
import { Agent } from 'undici';
import { describe, expect, test } from 'vitest';
import { transport, type TransportOptions } from './index.ts';
import { layered, serve, shown, until } from './server.test-support.ts';

describe('a layer', () => {
  test('sends its calls through the transport, as its own FETCH', async () => {
    await using server = await serve((request, response) => response.end(request.headers['user-agent']));
    const seen: string[] = [];
    const spy: Plugin = {
      name: 'spy',
      create: () => (next) => (call) => (seen.push(call.operation.name), next(call)),
    };
    await using layer = controlLayer([spy, transport({ proxy: false })]);
    const response = await layer.fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'user-agent': 'a client' },
      body: '{"model":"m","messages":[]}',
    });
    expect([await response.text(), seen.length]).toEqual(['a client', 1]);
    expect(response instanceof Response && response.headers instanceof Headers).toBe(true);
  });

  test('uses a connection again, and another for each call that is under way', async () => {
    await using server = await serve((_, response) => setImmediate(() => response.end('x')));
    await using layer = layered();
    // A call that comes in the very turn in which the one before it ended gets a second one.
    for (let call = 0; call < 20; call++) await (await layer.fetch(server.url)).text();
    expect(server.connections).toBeLessThanOrEqual(2);
    await Promise.all(Array.from({ length: 20 }, async () => (await layer.fetch(server.url)).text()));
    expect(server.connections).toBeGreaterThanOrEqual(20);
  });

  test('keeps to the number of connections, and to none between calls', async () => {
    await using server = await serve((_, response) => setImmediate(() => response.end('x')));
    await using few = layered({ connections: 2 });
    await Promise.all(Array.from({ length: 20 }, async () => (await few.fetch(server.url)).text()));
    expect(server.connections).toBe(2);
    await using none = layered({ keepAlive: 0 });
    for (let call = 0; call < 3; call++) await (await none.fetch(server.url)).text();
    expect(server.connections).toBe(5);
  });

  test('that closes waits for what is under way', async () => {
    await using server = await serve((_, response) => void setTimeout(() => response.end('late'), 20));
    const layer = controlLayer([transport({ proxy: false })]);
    const call = layer.fetch(server.url).then((response) => response.text());
    await until(() => server.sockets.size === 1);
    await layer.close();
    expect(await call).toBe('late');
  });

  test('that closes breaks off what does not end', async () => {
    await using server = await serve((_, response) => response.write('first'));
    const layer = controlLayer([transport({ proxy: false, closeTimeout: '10ms' })]);
    const read = await layer.fetch(server.url);
    const unread = await layer.fetch(server.url);
    const text = read.text().catch(shown);
    const start = performance.now();
    await layer.close();
    expect(performance.now() - start).toBeLessThan(500);
    expect(await text).toMatchObject({ message: 'terminated', cause: { code: 'UND_ERR_DESTROYED' } });
    await expect(unread.text()).rejects.toThrow('terminated');
    await until(() => server.sockets.size === 0);
  });

  test('gives the dispatcher of a call its way', async () => {
    await using server = await serve((_, response) => response.end('x'));
    await using layer = layered();
    const asked: string[] = [];
    const dispatcher = new Agent().compose((dispatch) => (options, handler) => {
      asked.push(options.path);
      return dispatch(options, handler);
    });
    const init: object = { dispatcher };
    expect(await (await layer.fetch(`${server.url}/mine`, init)).text()).toBe('x');
    expect(asked).toEqual(['/mine']);
    await dispatcher.close();
  });
});

describe('time runs out', () => {
  const LIMITS: readonly [TransportOptions, string, string][] = [
    [{ headersTimeout: 20 }, '/silent', 'UND_ERR_HEADERS_TIMEOUT'],
    [{ bodyTimeout: 20 }, '/stalls', 'UND_ERR_BODY_TIMEOUT'],
  ];
  test.each(LIMITS)('%o', async (options, path, code) => {
    await using server = await serve((request, response) => {
      if (request.url === '/stalls') response.write('first');
    });
    await using layer = layered(options);
    const error: unknown = await layer
      .fetch(server.url + path)
      .then((response) => response.text())
      .catch((error: unknown) => error);
    expect(shown(error)).toMatchObject({ name: 'TypeError', cause: { code } });
    expect(classify(error)).toMatchObject({ kind: 'timeout', transient: true, code });
  });
});

describe('options', () => {
  test.each([
    [{ connections: 0 }, 'transport: connections must be an integer >= 1, got 0'],
    [
      { keepAlive: 'soon' },
      "transport: keepAlive must be a duration such as 250, '250ms', '2s' or '1h', got \"soon\"",
    ],
    [
      { connectTimeout: -1 },
      "transport: connectTimeout must be a duration such as 250, '250ms', '2s' or '1h', got -1",
    ],
    [{ proxy: true }, "transport: proxy must be an address such as 'http://proxy:8080', or false, got true"],
    [
      { tls: { pfx: 'x' } },
      'transport: tls: unknown option pfx; known are ca, cert, key, rejectUnauthorized, servername',
    ],
    [{ http2: 1 }, 'transport: http2 must be true or false, got 1'],
    [{ timeout: 1 }, /^transport: unknown option timeout; known are connections, keepAlive, proxy,/],
  ])('%o are refused', (options, message) => {
    expect(() => transport(options as TransportOptions)).toThrow(message);
  });

  test('a private key in the wrong place is not shown', () => {
    expect(() => transport({ tls: { key: 1, cert: 'SECRET' } as never })).toThrow(/^(?!.*SECRET)/);
  });

  test('are described without secrets', () => {
    const tls = { ca: 'CA', cert: 'CERT', key: 'KEY' };
    expect(
      transport({ proxy: 'http://user:password@proxy:8080/x', tls, connections: 4 }).describe?.(),
    ).toEqual({
      connections: 4,
      keepAlive: '30s',
      proxy: 'http://proxy:8080',
      tls: ['ca', 'cert', 'key'],
      connectTimeout: '10s',
      headersTimeout: '10m',
      bodyTimeout: '10m',
      closeTimeout: '2s',
      http2: false,
    });
    expect(transport().describe?.()).toMatchObject({ connections: 'unlimited', proxy: 'environment' });
    expect(transport({ proxy: false }).describe?.()).toMatchObject({ proxy: false });
  });
});
