import { openBody } from '@interpose/core';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import zlib from 'node:zlib';
import { expect, test } from 'vitest';
import { layered, serve, shown, until } from './server.test-support.ts';

const MB = 1024 * 1024;

/** Writes `size` bytes as fast as they are taken; tells how many were. */
function pour(response: ServerResponse, size: number): { sent: number } {
  const count = { sent: 0 };
  const block = Buffer.alloc(64 * 1024, 'x');
  const more = (): void => {
    while (count.sent < size) {
      count.sent += block.length;
      if (!response.write(block)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
  return count;
}

async function settled(read: () => number): Promise<number> {
  for (let last = -1; ;) {
    const now = read();
    if (now === last) return now;
    last = now;
    await sleep(5);
  }
}

test.each([
  ['a stream', (response: Response) => response.body?.getReader()],
  ['the reader of a layer', (response: Response) => openBody(response)],
])('a paused reader of %s leaves the rest with the provider', async (_name, open) => {
  const size = 256 * MB;
  let count = { sent: 0 };
  await using server = await serve((_, response) => void (count = pour(response, size)));
  await using layer = layered();
  global.gc?.();
  const before = process.memoryUsage().arrayBuffers;
  const response = await layer.fetch(server.url);
  const reader = open(response);
  let read = (await reader?.read())?.value?.length ?? 0;
  expect(await settled(() => count.sent)).toBeLessThan(8 * MB);
  global.gc?.();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * MB);
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    read += next.value?.length ?? 0;
    // A slow reader in the middle of it.
    if (read > size / 2 && read < size / 2 + 4096) {
      expect((await settled(() => count.sent)) - read).toBeLessThan(8 * MB);
    }
  }
  expect(read).toBe(size);
});

test('what was written by itself is read by itself', async () => {
  let stream: ServerResponse | undefined;
  await using server = await serve((_, response) => {
    stream = response;
    response.write('data: 0\n\n');
  });
  await using layer = layered();
  const reader = (await layer.fetch(server.url)).body?.getReader();
  const seen: string[] = [];
  for (let index = 1; index < 5; index++) {
    seen.push(new TextDecoder().decode((await reader?.read())?.value));
    stream?.write(`data: ${index}\n\n`);
  }
  expect(seen).toEqual(['data: 0\n\n', 'data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']);
  await reader?.cancel();
});

test.each([
  ['gzip', () => zlib.createGzip()],
  ['deflate', () => zlib.createDeflate()],
  ['br', () => zlib.createBrotliCompress()],
  ['zstd', () => zlib.createZstdCompress()],
])('an event in %s does not wait for the next', async (coding, open) => {
  const coder = open();
  await using server = await serve((_, response) => {
    response.writeHead(200, { 'content-encoding': coding });
    coder.on('data', (chunk) => response.write(chunk));
    coder.on('end', () => response.end());
  });
  await using layer = layered();
  const send = (text: string): void => {
    coder.write(text);
    coder.flush();
  };
  send('data: 0\n\n');
  const reader = (await layer.fetch(server.url)).body?.getReader();
  for (let index = 0; index < 5; index++) {
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe(`data: ${index}\n\n`);
    send(`data: ${index + 1}\n\n`);
  }
  coder.end();
  await reader?.read();
  expect(await reader?.read()).toEqual({ done: true, value: undefined });
});

test('a coded body that breaks off says so', async () => {
  await using server = await serve((request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.write(zlib.gzipSync('text').subarray(0, 12), () => request.socket.destroy());
  });
  await using layer = layered();
  const error = await (await layer.fetch(server.url)).text().catch(shown);
  expect(error).toMatchObject({
    name: 'TypeError',
    message: 'terminated',
    cause: { code: 'UND_ERR_SOCKET' },
  });
});

test.each(['plain', 'gzip'])(
  'a reader of a %s body that cancels closes the connection at once',
  async (coding) => {
    await using server = await serve((_, response) => {
      response.writeHead(200, coding === 'gzip' ? { 'content-encoding': coding } : {});
      pour(response, 1024 * MB);
    });
    await using layer = layered();
    const response = await layer.fetch(server.url);
    const reader = response.body?.getReader();
    if (coding === 'plain') await reader?.read();
    const start = performance.now();
    await reader?.cancel();
    await until(() => server.sockets.size === 0);
    expect(performance.now() - start).toBeLessThan(50);
  },
);

test('a reader that cancels at the last event keeps the connection for the next call', async () => {
  await using server = await serve((_, response) => {
    response.write('data: [DONE]\n\n');
    setImmediate(() => response.end());
  });
  await using layer = layered();
  for (let call = 0; call < 20; call++) {
    const reader = (await layer.fetch(server.url)).body?.getReader();
    await reader?.read();
    await sleep(1);
    await reader?.cancel();
  }
  expect(server.connections).toBeLessThan(3);
});

test('a response that nobody holds any more gives its connection back', async () => {
  await using server = await serve((_, response) => void pour(response, 1024 * MB));
  await using layer = layered();
  await (async () => {
    await layer.fetch(server.url);
    const response = await layer.fetch(server.url);
    await response.body?.getReader().read();
  })();
  expect(server.sockets.size).toBe(2);
  // The collector's callbacks need a loop that comes to rest.
  for (let round = 0; round < 500 && server.sockets.size > 0; round++) {
    if (round % 10 === 0) global.gc?.();
    await sleep(2);
  }
  expect(server.sockets.size).toBe(0);
});

test('a response that somebody waits for is kept, whatever else is collected', async () => {
  let stream: ServerResponse | undefined;
  await using server = await serve((_, response) => {
    stream = response;
    response.write('first');
  });
  await using layer = layered();
  const waiting = [
    layer.fetch(server.url).then((response) => response.text()),
    layer.fetch(server.url).then(async (response) => {
      const reader = openBody(response);
      await reader?.read();
      return new TextDecoder().decode((await reader?.read())?.value);
    }),
  ];
  const streams: ServerResponse[] = [];
  await until(
    () =>
      stream !== undefined && (streams.includes(stream) || streams.push(stream) > 0) && streams.length === 2,
  );
  for (let round = 0; round < 10; round++) {
    global.gc?.();
    await sleep(1);
  }
  for (const each of streams) each.end('last');
  expect(await Promise.all(waiting)).toEqual(['firstlast', 'last']);
});

test('a body that nobody reads breaks nothing when its connection does', async () => {
  await using server = await serve((_, response) => response.write('first'));
  await using layer = layered();
  const controller = new AbortController();
  const responses = [
    await layer.fetch(server.url),
    await layer.fetch(server.url, { signal: controller.signal }),
    await layer.fetch(server.url).then((response) => (void response.body, response)),
  ];
  controller.abort();
  for (const socket of server.sockets) socket.destroy();
  await until(() => server.sockets.size === 0);
  // What is unhandled would have failed the run by now.
  await sleep(2);
  expect(responses.map((response) => response.status)).toEqual([200, 200, 200]);
});
