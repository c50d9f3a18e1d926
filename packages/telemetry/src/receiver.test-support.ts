import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { decode, type Scoped } from './otlp-schema.test-support.ts';

/** A span, data point or log record as it was received: ids in hex, 64-bit integers as numbers. */
export interface Received {
  readonly resource: Readonly<Record<string, unknown>>;
  readonly scope: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** What the receiver does with an export. */
export type Behaviour =
  | 'take'
  /** Answers with a status, and perhaps asks to wait. */
  | { readonly status: number; readonly retryAfter?: number }
  /** Takes it but for some. */
  | { readonly reject: number }
  /** Accepts the connection, and never answers. */
  | 'hang';

/** A collector of telemetry on loopback. */
export interface Receiver extends AsyncDisposable {
  /** The base URL. */
  readonly endpoint: string;
  readonly spans: Received[];
  /** One entry per metric, with its `dataPoints`. */
  readonly metrics: Received[];
  readonly logs: Received[];
  /** Of all requests, taken or not. */
  readonly requests: { readonly path: string; readonly headers: IncomingMessage['headers'] }[];
  behaviour: Behaviour;
  /** Resolves when there was another request. */
  requested(): Promise<void>;
  close(): Promise<void>;
}

/** Starts one. */
export async function receiver(behaviour: Behaviour = 'take'): Promise<Receiver> {
  const sockets = new Set<Socket>();
  let waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => answer(request, Buffer.concat(chunks), response));
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });

  function answer(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const { url: path = '', headers } = request;
    const how = self.behaviour;
    self.requests.push({ path, headers });
    for (const resolve of waiting.splice(0)) resolve();
    if (how === 'hang') return;
    if (typeof how === 'object' && 'status' in how) {
      const wait = how.retryAfter === undefined ? {} : { 'retry-after': String(how.retryAfter) };
      response.writeHead(how.status, wait).end('the collector says: secret-of-the-body');
      return;
    }
    const json = headers['content-type'] === 'application/json';
    const bytes = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    const signal = path.endsWith('traces') ? 'spans' : path.endsWith('metrics') ? 'metrics' : 'logs';
    for (const scoped of decode(signal, bytes, json)) self[signal].push(received(scoped));
    response.writeHead(200, { 'content-type': headers['content-type'] });
    if (how === 'take') response.end(json ? '{}' : '');
    // { partial_success { rejected: n } }: field 1, a message of field 1, a small varint.
    else if (!json) response.end(Buffer.from([0x0a, 0x02, 0x08, how.reject]));
    else response.end(JSON.stringify({ partialSuccess: { rejectedSpans: how.reject } }));
  }

  const self: Receiver = {
    endpoint: '',
    spans: [],
    metrics: [],
    logs: [],
    requests: [],
    behaviour,
    requested: () => new Promise((resolve) => void waiting.push(resolve)),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
    async [Symbol.asyncDispose]() {
      await self.close();
    },
  };
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(self, { endpoint: `http://127.0.0.1:${port}` });
}

function received({ resource, scope, item }: Scoped): Received {
  return { ...item, resource, scope, attributes: item.attributes as Received['attributes'] };
}
