import { LightHeaders } from '@interpose/core';
import { OpenAI } from 'openai';
import type { ClientInternals, HeadersInput, RequestOptions } from './client-internals.ts';

/** What the client's method may read of itself for its result to be known by {@link keyOf}. */
const READS: ReadonlySet<string> = new Set([
  'authHeaders',
  'defaultIdempotencyKey',
  'getUserAgent',
  'idempotencyHeader',
  'organization',
  'project',
  'validateHeaders',
  '_options',
  '_provider',
]);

/** Options of a request that are in the key, or have no part in its headers. */
const OPTIONS: ReadonlySet<string> = new Set([
  'body',
  'defaultBaseURL',
  'fetchOptions',
  'maxRetries',
  'method',
  'path',
  'query',
  'signal',
  'stream',
  'timeout',
  '__metadata',
  '__security',
  '__streamClass',
]);

// A client has one or two for each helper that it is called by; new ones come with new credentials.
const MOST_KEPT = 32;

/**
 * Builds the headers of a request as a copy of those that the client built for another one like it: a quarter of the
 * client's own time for a call goes into building the same dozen headers again. Whatever is unusual (headers of the
 * request's or the client's own, credentials in another form, a subclass) is left to the client.
 *
 * @param light whether the copies may be light ones, which cost next to nothing.
 * @returns whether it is done; not where the client's method looks at more than is known here.
 */
export function reuseHeaders(client: ClientInternals, light: boolean): boolean {
  const { buildHeaders } = client;
  if (!buildHeaders) return false;
  // Of another layer beneath the same client.
  if (buildHeaders.name === 'buildHeadersBeneath') return true;
  if (!isKnown(client)) return false;
  // The request's hooks may change theirs.
  const copies = light ? lightCopies : platformCopies;
  const kept = new Map<string, () => Headers>();
  client.buildHeaders = async function buildHeadersBeneath(input) {
    const key = keyOf(client, input);
    if (key === undefined) return buildHeaders.call(client, input);
    let copy = kept.get(key);
    if (!copy) {
      copy = copies(await buildHeaders.call(client, input));
      if (kept.size >= MOST_KEPT) kept.clear();
      kept.set(key, copy);
    }
    return copy();
  };
  return true;
}

function platformCopies(headers: Headers): () => Headers {
  return () => new Headers(headers);
}

function lightCopies(headers: Headers): () => Headers {
  const fields = Object.fromEntries(headers);
  return () => new LightHeaders(fields);
}

/** Whether the headers come of what is known here: nothing overrides their making, and it reads nothing else. */
function isKnown(client: ClientInternals): boolean {
  const prototype = OpenAI.prototype as unknown as ClientInternals;
  if (client.buildHeaders !== prototype.buildHeaders) return false;
  if (client.validateHeaders !== prototype.validateHeaders) return false;
  const source = Function.prototype.toString.call(client.buildHeaders);
  return Array.from(source.matchAll(/\bthis\??\.([\w$]+)/g)).every(([, name]) => READS.has(name as string));
}

/** All that the headers of a request depend on; undefined where that is more than a key can say. */
function keyOf(client: ClientInternals, input: HeadersInput): string | undefined {
  const { options, method, bodyHeaders, authenticationHeaders, retryCount } = input;
  if (client.idempotencyHeader || client._provider || client._options?.['defaultHeaders']) return undefined;
  if (input.x509Headers || input.x509Tenant || !isPlain(options)) return undefined;
  const credentials = authenticationHeaders && fieldsOf(authenticationHeaders);
  const type = bodyHeaders === undefined ? '' : contentType(bodyHeaders);
  if (credentials === undefined || type === undefined) return undefined;
  const { timeout, __metadata: metadata, __security: security } = options;
  const helper = metadata?.['helperMethod'];
  const facts = [
    method,
    retryCount,
    timeout,
    typeof helper === 'string' ? helper : undefined,
    type,
    credentials,
  ];
  const schemes = [security?.bearerAuth, security?.adminAPIKeyAuth];
  return JSON.stringify([facts, schemes, client.organization, client.project, client.getUserAgent?.()]);
}

function isPlain(options: RequestOptions): boolean {
  for (const name in options) {
    if (!OPTIONS.has(name) && (options as Record<string, unknown>)[name] !== undefined) return false;
  }
  return true;
}

/** The one header that a body brings along; undefined where it brings others. */
function contentType(headers: object): string | undefined {
  const [name, ...others] = Object.keys(headers);
  const value: unknown = (headers as Record<string, unknown>)['content-type'];
  return name === 'content-type' && others.length === 0 && typeof value === 'string' ? value : undefined;
}

/** Credentials as text; undefined where they are not headers, or take some away. */
function fieldsOf({ values, nulls }: NonNullable<HeadersInput['authenticationHeaders']>): string | undefined {
  if (!(values instanceof Headers) || nulls?.size !== 0) return undefined;
  let fields = '';
  for (const [name, value] of values) fields += `${name}: ${value}\n`;
  return fields;
}
