import { isObject, type JsonObject } from './json.ts';
import type { OpenRequest } from './recorded-request.ts';
import { digest } from './stable-id.ts';

/** A request as a front end hands it over. */
export interface Arrival {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly raw: string | Uint8Array;
}

/** Writes an arrival down, as request number `index` (from 0). */
export function recordOf({ method, path, headers, raw }: Arrival, index: number): OpenRequest {
  const rawBody =
    typeof raw === 'string' ? raw : Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString();
  const body = isForm(headers) ? undefined : parsed(rawBody);
  const at = performance.now();
  return { id: `r${index + 1}`, method, path, headers, body, rawBody, at, bytesSent: 0, status: 'open' };
}

/** Hashes the content of a request. The boundary of a form is left out: clients draw it at random. */
export function seedOf({ headers, raw }: Arrival): string {
  const boundary = /boundary="?([^";]+)/.exec(headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) return digest(raw);
  return digest(Buffer.from(raw).toString('latin1').replaceAll(boundary, ''));
}

/** Reads the params of a request, if its body is a JSON object. A form has none. */
export function paramsOf({ body, headers, method }: OpenRequest): JsonObject | undefined {
  if (isForm(headers) || method !== 'POST') return {};
  return isObject(body) ? body : undefined;
}

/** Reads the body of an arrival as a form. */
export function formOf({ headers, raw }: Arrival): Promise<FormData> {
  const type = headers['content-type'] ?? '';
  return new Response(typeof raw === 'string' ? raw : new Uint8Array(raw), {
    headers: { 'content-type': type },
  }).formData();
}

function isForm(headers: Readonly<Record<string, string>>): boolean {
  return headers['content-type']?.startsWith('multipart/form-data') ?? false;
}

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
