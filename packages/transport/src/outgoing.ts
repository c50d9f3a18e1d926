import { LightHeaders, type Fetch } from '@interpose/core';
import { payloadOf, type Body, type Payload } from './payload.ts';

/** A request as it goes out. */
export interface Outgoing {
  readonly url: URL;
  readonly method: string;
  /** Names, in lower case, and values in turn; those of the payload and of the platform are not among them. */
  readonly headers: readonly string[];
  readonly body: Body | null | undefined;
  readonly payload: Payload;
  readonly redirect: 'follow' | 'error' | 'manual';
  readonly signal: AbortSignal | undefined;
}

/** What a client may give besides what the standard names. */
export interface Init extends Omit<RequestInit, 'dispatcher' | 'duplex'> {
  readonly dispatcher?: unknown;
  readonly duplex?: string | undefined;
}

/**
 * Reads the arguments of `fetch`.
 *
 * @throws {TypeError} for what `fetch` refuses: a body on a GET, a forbidden method, a malformed header.
 */
export async function outgoing(url: URL, input: Parameters<Fetch>[0], init: Init): Promise<Outgoing> {
  if (input instanceof Request) return outgoing(url, url, await opened(input, init));
  const method = methodOf(init.method);
  const { body, signal, redirect = 'follow' } = init;
  if ((method === 'GET' || method === 'HEAD') && body !== null && body !== undefined) {
    throw new TypeError('Request with GET/HEAD method cannot have body.');
  }
  if (url.username || url.password) {
    throw new TypeError('Request cannot be constructed from a URL that includes credentials');
  }
  const headers = linesOf(init.headers);
  const payload = await payloadOf(body, init.duplex);
  return { url, method, headers, body, payload, redirect, signal: signal ?? undefined };
}

/** A request object's fields. A body in it is read whole first: most providers want to know its length. */
async function opened(input: Request, init: Init): Promise<Init> {
  const request = new Request(input, init as RequestInit);
  const { method, headers, signal, redirect } = request;
  const body = request.body ? new Uint8Array(await request.arrayBuffer()) : null;
  return { method, headers, signal, redirect, body };
}

function linesOf(given: RequestInit['headers']): string[] {
  if (given instanceof LightHeaders) return given.lines();
  const lines: string[] = [];
  const headers = given instanceof Headers ? given : new Headers(given);
  headers.forEach((value, name) => lines.push(name, value));
  return lines;
}

const NORMALISED: ReadonlySet<string> = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']);
const FORBIDDEN: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);

function methodOf(method: string | undefined): string {
  if (method === undefined || method === 'POST') return method ?? 'GET';
  const upper = method.toUpperCase();
  if (FORBIDDEN.has(upper)) throw new TypeError(`'${method}' HTTP method is unsupported.`);
  if (NORMALISED.has(upper)) return upper;
  // RFC 9110, section 5.6.2.
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(method)) throw new TypeError(`'${method}' is not a valid HTTP method.`);
  return method;
}
