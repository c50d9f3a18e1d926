import type { Exchange } from './exchange.ts';
import type { Outgoing } from './outgoing.ts';

// Fetch, "HTTP-redirect fetch", step 6.
const MOST_REDIRECTS = 20;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

// Of no meaning, or none of the business, of another origin. The standard names the first three.
const CREDENTIALS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'host',
  'api-key',
  'x-api-key',
  'x-goog-api-key',
]);

const BODY_HEADERS: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-location',
  'content-type',
  'content-length',
]);

/** Whether the response sends the caller elsewhere. */
export function isRedirect(exchange: Exchange): boolean {
  return REDIRECTS.has(exchange.status) && exchange.headers['location'] !== undefined;
}

/**
 * The request that a redirect asks for: credentials stay with their origin, and a POST becomes a GET where the
 * standard says so.
 *
 * @param count of the redirects that were followed before.
 * @throws {Error} when it must not be followed.
 */
export function redirected(request: Outgoing, exchange: Exchange, count: number): Outgoing {
  if (request.redirect === 'error') throw new Error('unexpected redirect');
  if (count >= MOST_REDIRECTS) throw new Error('redirect count exceeded');
  const url = target(String(exchange.headers['location']), request.url);
  const { status } = exchange;
  if (status !== 303 && request.payload.once) throw new Error('a streamed body cannot be sent again');
  let { method, body, headers } = request;
  if (((status === 301 || status === 302) && method === 'POST') || (status === 303 && !isSafe(method))) {
    method = 'GET';
    body = null;
    headers = without(headers, BODY_HEADERS);
  }
  if (url.origin !== request.url.origin) headers = without(headers, CREDENTIALS);
  return { ...request, url, method, body, headers };
}

function target(location: string, base: URL): URL {
  // Headers are read as Latin-1; addresses that are not plain ASCII come as UTF-8.
  const url = new URL(Buffer.from(location, 'latin1').toString('utf8'), base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new Error('URL scheme must be a HTTP(S) scheme');
  if ((url.username || url.password) && url.origin !== base.origin) {
    throw new Error('cross origin not allowed for request mode "cors"');
  }
  if (!url.hash) url.hash = base.hash;
  return url;
}

function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

function without(headers: readonly string[], names: ReadonlySet<string>): string[] {
  return headers.filter((_, index) => !names.has(headers[index - (index % 2)] ?? ''));
}
