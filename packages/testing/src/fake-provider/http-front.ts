import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Arrival, recordOf } from './arrival.ts';
import type { ProviderState } from './provider-state.ts';
import { closeRecord, type OpenRequest } from './recorded-request.ts';
import { type Answered, respond } from './respond.ts';
import { Cut, pullerOf } from './wire.ts';

/** Makes the server that answers over real sockets. It does not listen yet. */
export function httpServer(state: ProviderState): Server {
  return createServer({ keepAliveTimeout: 0 }, (request, response) => {
    void serve(state, request, response);
  });
}

async function serve(
  state: ProviderState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const left = new AbortController();
  let record: OpenRequest | undefined;
  const stop = (): void => {
    if (record) closeRecord(record, 'cut');
    response.destroy();
  };
  state.open.add(stop);
  response.once('close', () => {
    state.open.delete(stop);
    if (record?.status === 'open') closeRecord(record, 'client-closed');
    if (!response.writableFinished) left.abort();
  });
  try {
    const arrival = await arrivalOf(request);
    record = recordOf(arrival, state.requests.length);
    state.requests.push(record);
    const answered = await respond(state, arrival, record, left.signal);
    if (!answered) throw new Cut('reset');
    await send(answered, response, record, left.signal);
  } catch (error) {
    // Whoever has left is not told why the rest is missing.
    if (left.signal.aborted) return;
    if (record) closeRecord(record, 'cut');
    await cut(response, error instanceof Cut && error.how);
  }
}

async function arrivalOf(request: IncomingMessage): Promise<Arrival> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = [value].flat().join(', ');
  return { method: request.method ?? 'GET', path: request.url ?? '/', headers, raw: Buffer.concat(parts) };
}

async function send(
  { status, headers, wire }: Answered,
  response: ServerResponse,
  record: OpenRequest,
  left: AbortSignal,
): Promise<void> {
  response.sendDate = false;
  response.writeHead(status, headers);
  response.once('finish', () => closeRecord(record, 'finished'));
  // A body with waits shows its headers at once; otherwise they travel with the first piece.
  if (Symbol.asyncIterator in wire.chunks) response.flushHeaders();
  const puller = pullerOf(wire);
  try {
    while (!left.aborted) {
      const pulled = puller.next();
      const { done, value } = pulled instanceof Promise ? await pulled : pulled;
      if (done) break;
      record.bytesSent += value.length;
      if (wire.exhausted) return void response.end(value);
      if (!response.write(value)) await once(response, 'drain', { signal: left });
    }
    response.end();
  } finally {
    puller.stop();
  }
}

async function cut(response: ServerResponse, how: Cut['how'] | false): Promise<void> {
  const { socket } = response;
  if (!socket) return;
  if (how === 'close') return void socket.end();
  // A reset throws away what is still in the socket: the bytes before the cut are let through first.
  await new Promise<void>((flushed) => socket.write('', () => flushed()));
  socket.resetAndDestroy();
}
