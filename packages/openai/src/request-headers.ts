import { LightHeaders } from '@interpose/core';
import {
  isOwn,
  type ClientInternals,
  type Credentials,
  type HeadersInput,
  type RequestOptions,
} from './client-internals.ts';

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

/** What the client's methods may read of itself for its credentials to be those of its keys. */
const CREDENTIAL_READS: ReadonlySet<string> = new Set([
  'adminAPIKey',
  'adminAPIKeyAuth',
  'apiKey',
  'bearerAuth',
  'fetchWithAuth',
  'fetchWithTimeout',
  '_workloadIdentityAuth',
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
  reuseCredentials(client);
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

/** Hands out the same headers with the client's credentials for as long as its keys are the same. */
function reuseCredentials(client: ClientInternals): void {
  const { authHeaders } = client;
  const steps = ['authHeaders', 'bearerAuth', 'adminAPIKeyAuth'] as const;
  if (!authHeaders || !steps.every((name) => isOwn(client, name, CREDENTIAL_READS))) return;
  // A key that is asked for is asked for each time.
  if (typeof client._options?.['apiKey'] !== 'string' || client._workloadIdentityAuth || client._provider)
    return;
  let key: string | undefined;
  let kept: Promise<Credentials> | undefined;
  client.authHeaders = function authHeadersBeneath(options, schemes) {
    const { apiKey, adminAPIKey } = client;
    const asked = JSON.stringify([apiKey, adminAPIKey, schemes?.bearerAuth, schemes?.adminAPIKeyAuth]);
    if (asked !== key || !kept) {
      key = asked;
      kept = authHeaders.call(client, options, schemes);
      kept.catch(() => (kept = undefined));
    }
    return kept;
  };
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
  return isOwn(client, 'buildHeaders', READS) && isOwn(client, 'validateHeaders');
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
function fieldsOf({ values, nulls }: Credentials): string | undefined {
  if (!(values instanceof Headers) || nulls?.size !== 0) return undefined;
  let fields = '';
  for (const [name, value] of values) fields += `${name}: ${value}\n`;
  return fields;
}
