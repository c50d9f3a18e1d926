import { LightHeaders, LightResponse, TAKES_LIGHT_HEADERS, type Fetch } from '@interpose/core';
import { Dispatcher } from 'undici';
import { decodedBody } from './decoding.ts';
import { Exchange, HIGH_WATER_MARK } from './exchange.ts';
import { fetchFailed } from './network-error.ts';
import { outgoing, type Init, type Outgoing } from './outgoing.ts';
import { payloadOf } from './payload.ts';
import { isRedirect, redirected } from './redirect.ts';

/**
 * A `fetch` over a pool of connections. What the pool is not for (other schemes than http, dispatchers of another
 * undici, integrity checks) goes to the platform's.
 */
export function pooledFetch(pool: Dispatcher): Fetch {
  // The connection of a response that nobody holds any more is given back.
  const abandoned = new FinalizationRegistry<Exchange>((exchange) => exchange.abandon());

  const pooled: Fetch = async function transport(input, init = {}) {
    const url = httpUrl(input);
    const { dispatcher = pool } = init as Init;
    if (!url || init.integrity || !(dispatcher instanceof Dispatcher)) return globalThis.fetch(input, init);
    let request = await outgoing(url, input, init);
    for (let count = 0; ; count++) {
      request.signal?.throwIfAborted();
      const exchange = new Exchange(request.signal, request.payload.release);
      await exchange.send(dispatcher, dispatchOptions(request));
      if (request.redirect === 'manual' || !isRedirect(exchange)) {
        const response = responseOf(request, exchange, count > 0 ? url : undefined);
        if (!settlesByItself(exchange)) abandoned.register(response, exchange);
        return response;
      }
      exchange.discard();
      request = await next(request, exchange, count);
    }
  };
  return Object.assign(pooled, { [TAKES_LIGHT_HEADERS]: true });
}

/** The address, where it is one of http; anything else, also what cannot be parsed, is for the platform. */
function httpUrl(input: Parameters<Fetch>[0]): URL | undefined {
  const url = URL.parse(String(input instanceof Request ? input.url : input));
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url : undefined;
}

async function next(request: Outgoing, exchange: Exchange, count: number): Promise<Outgoing> {
  try {
    const following = redirected(request, exchange, count);
    return { ...following, payload: await payloadOf(following.body) };
  } catch (error) {
    exchange.cancel();
    throw fetchFailed(error);
  }
}

function dispatchOptions(request: Outgoing): Dispatcher.DispatchOptions {
  const { url, method, payload } = request;
  return {
    origin: url.origin,
    path: url.pathname + url.search,
    method,
    headers: headersOf(request),
    body: payload.data as Dispatcher.DispatchOptions['body'] & {},
  };
}

/** The caller's headers, and what the platform would add where the caller says nothing. */
function headersOf({ url, headers, payload }: Outgoing): string[] {
  const all: string[] = [];
  let { type } = payload;
  let accept: string | undefined = '*/*';
  let agent: string | undefined = 'node';
  let encoding: string | undefined = url.protocol === 'https:' ? 'br, gzip, deflate' : 'gzip, deflate';
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (name === 'content-type') type = undefined;
    else if (name === 'accept') accept = undefined;
    else if (name === 'user-agent') agent = undefined;
    else if (name === 'accept-encoding') encoding = undefined;
    // A part of something encoded could not be decoded.
    else if (name === 'range') encoding = 'identity';
    // Of a body at hand the length is known better than the caller knows it.
    else if (name === 'content-length' && !payload.once) continue;
    all.push(name, headers[index + 1] as string);
  }
  if (accept) all.push('accept', accept);
  if (agent) all.push('user-agent', agent);
  if (encoding) all.push('accept-encoding', encoding);
  if (type) all.push('content-type', type);
  if (payload.length !== undefined) all.push('content-length', String(payload.length));
  return all;
}

const BODYLESS: ReadonlySet<number> = new Set([204, 205, 304]);

function responseOf({ url, method }: Outgoing, exchange: Exchange, from: URL | undefined): LightResponse {
  const { status, statusText, headers } = exchange;
  const hash = url.hash;
  const bodyless = method === 'HEAD' || BODYLESS.has(status);
  return new LightResponse({
    status,
    statusText,
    headers: new LightHeaders(headers),
    url: hash ? url.href.slice(0, -hash.length) : url.href,
    redirected: from !== undefined,
    type: from && from.origin !== url.origin ? 'cors' : 'basic',
    body: bodyless ? null : bodyOf(exchange),
  });
}

function bodyOf(exchange: Exchange): ReturnType<typeof decodedBody> {
  try {
    return decodedBody(exchange);
  } catch (error) {
    exchange.cancel();
    throw fetchFailed(error);
  }
}

/** Whether all of the body comes even when nobody reads it. */
function settlesByItself(exchange: Exchange): boolean {
  return exchange.ended || Number(exchange.headers['content-length']) <= HIGH_WATER_MARK;
}
