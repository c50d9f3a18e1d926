import { TAG_HEADER_PREFIX } from './tags.ts';

// What a layer reads from the arguments of `fetch`, in whatever form they are given.

/** The URL of a request. */
export function urlOf(input: string | URL | Request): string {
  return typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;
}

/** The method of a request, in upper case. */
export function methodOf(input: string | URL | Request, init: RequestInit): string {
  return (init.method ?? (input instanceof Request ? input.method : 'GET')).toUpperCase();
}

/** The headers of a request, from its init or its object. */
export function headersOf(input: string | URL | Request, init: RequestInit): Headers {
  if (init.headers instanceof Headers) return init.headers;
  return new Headers(init.headers ?? (input instanceof Request ? input.headers : undefined));
}

/** A copy of headers without those that carry tags. */
export function untagged(headers: Headers): Headers {
  const copy = new Headers(headers);
  for (const name of headers.keys()) if (name.startsWith(TAG_HEADER_PREFIX)) copy.delete(name);
  return copy;
}

/** The bytes of a request object's body; its stream can be read only once, so a clone is. */
export async function bodyOf(
  request: Request,
  init: RequestInit,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (init.body != null || !request.body || request.bodyUsed) return undefined;
  return new Uint8Array(await request.clone().arrayBuffer());
}

/** The official client numbers its own attempts from 0. */
export function attemptOf(headers: Headers | undefined): number {
  const count = Number(headers?.get('x-stainless-retry-count') ?? 0);
  return Number.isInteger(count) && count >= 0 ? count + 1 : 1;
}

/** The path of a URL, without query, fragment and trailing slash. Runs per call, so it makes do without a parser. */
export function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  if (start === -1) return '/';
  const query = url.indexOf('?', start);
  const hash = url.indexOf('#', start);
  const end = Math.min(query === -1 ? url.length : query, hash === -1 ? url.length : hash);
  const path = url.slice(start, end);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
