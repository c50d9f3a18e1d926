import { controlLayer, type Fetch } from '@interpose/core';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { transport, type TransportOptions } from './index.ts';

/** A server on the loopback, and what happens to its connections. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly sockets: Set<Socket>;
  /** Connections that were ever made. */
  connections: number;
}

export async function serve(handler: http.RequestListener): Promise<TestServer> {
  return listen(http.createServer(handler));
}

export async function listen(server: http.Server): Promise<TestServer> {
  const sockets = new Set<Socket>();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const test: TestServer = {
    url: `http://127.0.0.1:${port}`,
    sockets,
    connections: 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  server.on('connection', (socket: Socket) => {
    test.connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  return test;
}

/** The `fetch` of a layer that has nothing but the transport in it. */
export function layered(options: TransportOptions = {}): { fetch: Fetch } & AsyncDisposable {
  return controlLayer([transport({ proxy: false, closeTimeout: 0, ...options })]);
}

/** Waits, turn by turn, until the condition holds. */
export async function until(condition: () => boolean, ms = 5_000): Promise<void> {
  for (const end = performance.now() + ms; !condition(); await turn()) {
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${condition.toString()}`);
  }
}

/** An error as data: what a caller may look at. */
export function shown(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, cause, code } = error as Error & { code?: unknown };
  return { name, message, code, ...(cause !== undefined && { cause: shown(cause) }) };
}

/** The whole of a request. */
export async function bodyOf(request: http.IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await request.toArray());
}
