import { type Arrival, recordOf } from './arrival.ts';
import { connectionRefused, terminated } from './platform-error.ts';
import type { ProviderState } from './provider-state.ts';
import { closeRecord, type OpenRequest, type RequestStatus } from './recorded-request.ts';
import { type Answered, respond } from './respond.ts';
import { Cut, pullerOf } from './wire.ts';

type Input = Parameters<typeof fetch>[0];
type Init = Parameters<typeof fetch>[1];

/** Makes a `fetch` that answers in this process, without a socket. */
export function inProcessFetch(state: ProviderState): typeof fetch {
  return async function fetch(input: Input, init?: Init): Promise<Response> {
    const url = new URL(input instanceof Request ? input.url : input);
    // Clients probe for the `Response` class of their fetch with an empty data URL. That is no request.
    if (url.protocol === 'data:') return new Response(null);
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    signal?.throwIfAborted();
    if (state.closed) throw connectionRefused();
    const arrival = await arrivalOf(url, input, init);
    signal?.throwIfAborted();
    const record = recordOf(arrival, state.requests.length);
    state.requests.push(record);
    const line = openLine(state, record, signal ?? undefined);
    try {
      const answered = await respond(state, arrival, record, line.ended);
      if (!answered) throw connectionRefused();
      return platformResponse(answered, url, record, line);
    } catch (error) {
      if (line.ended.aborted) throw line.ended.reason;
      line.end('cut', error);
      throw error;
    }
  };
}

/** What a socket would be: it ends once, for one reason, and whoever holds an end of it is told. */
interface Line {
  /** Aborts with the error that the reader of the body is to see. Does not abort when all was sent. */
  readonly ended: AbortSignal;
  end(status: Exclude<RequestStatus, 'open'>, reason?: unknown): void;
}

function openLine(state: ProviderState, record: OpenRequest, caller: AbortSignal | undefined): Line {
  const controller = new AbortController();
  const end: Line['end'] = (status, reason) => {
    if (record.status !== 'open') return;
    closeRecord(record, status);
    state.open.delete(stop);
    caller?.removeEventListener('abort', leave);
    if (status !== 'finished') controller.abort(reason);
  };
  const stop = (): void => end('cut', terminated('close'));
  const leave = (): void => end('client-closed', caller?.reason);
  state.open.add(stop);
  caller?.addEventListener('abort', leave, { once: true });
  return { ended: controller.signal, end };
}

async function arrivalOf(url: URL, input: Input, init: Init): Promise<Arrival> {
  const path = url.pathname + url.search;
  if (!(input instanceof Request) && (init?.body == null || typeof init.body === 'string')) {
    const headers = Object.fromEntries(new Headers(init?.headers));
    return { method: init?.method?.toUpperCase() ?? 'GET', path, headers, raw: init?.body ?? '' };
  }
  // Forms, blobs and streams get their bytes, and their content type, from the platform.
  const request = new Request(input, { ...init, duplex: 'half' });
  const raw = new Uint8Array(await request.arrayBuffer());
  return { method: request.method, path, headers: Object.fromEntries(request.headers), raw };
}

function platformResponse(
  { status, headers, wire }: Answered,
  url: URL,
  record: OpenRequest,
  line: Line,
): Response {
  const bodyless = status === 204 || status === 205 || status === 304;
  if (bodyless) line.end('finished');
  const body = bodyless ? null : bodyOf(wire, record, line);
  const response = new Response(body, { status, headers });
  return Object.defineProperty(response, 'url', { value: url.href });
}

function bodyOf(wire: Answered['wire'], record: OpenRequest, line: Line): ReadableStream<Uint8Array> {
  const puller = pullerOf(wire);
  let controller: ReadableByteStreamController | undefined;
  const fail = (): void => {
    puller.stop();
    controller?.error(line.ended.reason);
  };
  line.ended.addEventListener('abort', fail, { once: true });

  const finish = (): void => {
    line.end('finished');
    controller?.close();
    controller?.byobRequest?.respond(0);
  };
  const push = ({ done, value }: IteratorResult<Uint8Array, unknown>): void => {
    if (line.ended.aborted) return;
    if (done) return finish();
    record.bytesSent += value.length;
    // A byte stream takes the memory it is given, and these bytes may be sent again: it gets a copy.
    if (value.length > 0) controller?.enqueue(new Uint8Array(value));
    if (wire.exhausted) finish();
  };
  const lose = (error: unknown): void => {
    if (!line.ended.aborted) line.end('cut', error instanceof Cut ? terminated(error.how) : error);
  };

  return new ReadableStream(
    {
      type: 'bytes',
      start: (given) => {
        controller = given;
      },
      pull: () => {
        try {
          const pulled = puller.next();
          return pulled instanceof Promise ? pulled.then(push).catch(lose) : push(pulled);
        } catch (error) {
          return lose(error);
        }
      },
      cancel: (reason) => {
        line.ended.removeEventListener('abort', fail);
        puller.stop();
        line.end('client-closed', reason);
      },
    },
    { highWaterMark: 0 },
  );
}
