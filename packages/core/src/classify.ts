import { findInterposeError } from './error.ts';
import { Failure, type FailureKind, type FailureOptions } from './failure.ts';
import { parseRetryAfter } from './retry-after.ts';

// Each means that the account is out of money or over a cap; waiting seconds does not help.
const QUOTA_CODES = new Set([
  'insufficient_quota',
  'credit_balance_exhausted',
  'organization_spend_limit_exceeded',
  'project_spend_limit_exceeded',
  'organization_usage_limit_exceeded',
  'billing_hard_limit_reached',
  'billing_not_active',
]);

const KIND_BY_CODE: Readonly<Record<string, FailureKind>> = {
  context_length_exceeded: 'context_length',
  content_filter: 'content_filter',
  content_policy_violation: 'content_filter',
  moderation_blocked: 'content_filter',
  invalid_prompt: 'content_filter',
  rate_limit_exceeded: 'rate_limited',
  rate_limit_error: 'rate_limited',
  requests: 'rate_limited',
  tokens: 'rate_limited',
  overloaded_error: 'overloaded',
  server_is_overloaded: 'overloaded',
  slow_down: 'overloaded',
  server_error: 'server',
  api_error: 'server',
  internal_error: 'server',
  timeout: 'timeout',
  invalid_api_key: 'authentication',
  authentication_error: 'authentication',
  permission_error: 'permission',
  model_not_found: 'not_found',
  not_found_error: 'not_found',
  invalid_request_error: 'invalid_request',
};

const KIND_BY_STATUS: Readonly<Record<number, FailureKind>> = {
  401: 'authentication',
  402: 'quota_exhausted',
  403: 'permission',
  404: 'not_found',
  408: 'timeout',
  409: 'conflict',
  425: 'conflict',
  429: 'rate_limited',
  503: 'overloaded',
  504: 'timeout',
  529: 'overloaded',
};

/** The part of a provider's error object that tells what it is. */
interface ProviderError {
  readonly code?: unknown;
  readonly type?: unknown;
}

/**
 * Classifies an HTTP answer that is not a success.
 *
 * Quota codes follow the provider's error reference; `x-should-retry` is obeyed as the official client does,
 * except that it cannot make a spent quota transient.
 *
 * @param body the parsed error body, `{ error: { code, type, ... } }`, if it could be read.
 * @param now milliseconds since the epoch, for `Retry-After` dates.
 */
export function classifyResponse(
  response: { readonly status: number; readonly headers: Headers },
  body: unknown,
  now: number,
): Failure {
  const { status, headers } = response;
  const error = providerError(body);
  const code = text(error.code) ?? text(error.type);
  const options: FailureOptions = {
    status,
    code,
    retryAfterMs: parseRetryAfter(headers, now),
    requestId: headers.get('x-request-id') ?? headers.get('apim-request-id') ?? undefined,
  };
  const kind = kindOfResponse(status, error);
  const asked = headers.get('x-should-retry');
  if (kind === 'quota_exhausted' || (asked !== 'true' && asked !== 'false'))
    return new Failure(kind, options);
  return new Failure(kind, { ...options, transient: asked === 'true' });
}

function kindOfResponse(status: number, error: ProviderError): FailureKind {
  if (isQuota(error)) return 'quota_exhausted';
  // The status outranks codes that only repeat it; these three say more than their status does.
  const byCode = kindOfCode(error);
  if (byCode === 'context_length' || byCode === 'content_filter' || byCode === 'overloaded') return byCode;
  const known = KIND_BY_STATUS[status];
  if (known) return known;
  if (status >= 500) return 'server';
  return 'invalid_request';
}

function kindOfCode(error: ProviderError): FailureKind | undefined {
  for (const name of [text(error.code), text(error.type)]) {
    const kind = name !== undefined && Object.hasOwn(KIND_BY_CODE, name) ? KIND_BY_CODE[name] : undefined;
    if (kind) return kind;
  }
  return undefined;
}

function isQuota(error: ProviderError): boolean {
  return QUOTA_CODES.has(text(error.code) ?? '') || QUOTA_CODES.has(text(error.type) ?? '');
}

/** Classifies an error object that came inside a stream or a finished reply, where there is no status. */
export function classifyProviderError(error: unknown): Failure {
  const fields = providerError({ error });
  const code = text(fields.code) ?? text(fields.type);
  if (isQuota(fields)) return new Failure('quota_exhausted', { code });
  // Some providers put the status that they would have answered with into the error.
  const status = Number(fields.code);
  const kind =
    kindOfCode(fields) ?? (status >= 400 && status < 600 ? kindOfResponse(status, fields) : 'server');
  return new Failure(kind, { code });
}

/**
 * Classifies whatever a handler threw: a {@link Failure}, an error of this project, an abort, a time-out,
 * or an error of the platform's network.
 */
export function classify(thrown: unknown, signal?: AbortSignal): Failure {
  if (thrown instanceof Failure) return thrown;
  const known = findInterposeError(thrown);
  if (known) return known.failure ?? new Failure('refused', { code: known.code, cause: thrown });
  if (signal?.aborted || nameOf(thrown) === 'AbortError') return new Failure('aborted', { cause: thrown });
  const code = networkCode(thrown);
  if (nameOf(thrown) === 'TimeoutError' || (code && TIMEOUT_CODES.has(code))) {
    return new Failure('timeout', { code, cause: thrown });
  }
  if (code === 'ERR_INVALID_URL' || code === 'UND_ERR_INVALID_ARG') {
    return new Failure('invalid_request', { code, cause: thrown });
  }
  // A certificate does not become valid by asking again.
  const transient = !(
    code !== undefined && /CERT|SELF_SIGNED|^UNABLE_TO_VERIFY|^ERR_TLS|^ERR_SSL/.test(code)
  );
  return new Failure('network', { code, cause: thrown, transient: transient && !isBug(thrown, code) });
}

/** A mistake in a program, which asking again only repeats. The platform's fetch rejects with a TypeError as well. */
function isBug(thrown: unknown, code: string | undefined): boolean {
  if (code !== undefined) return false;
  if (thrown instanceof ReferenceError || thrown instanceof RangeError || thrown instanceof SyntaxError)
    return true;
  return (
    thrown instanceof TypeError && !/fetch failed|terminated|network|other side closed/i.test(thrown.message)
  );
}

const TIMEOUT_CODES = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

function networkCode(thrown: unknown): string | undefined {
  for (let error = thrown, depth = 0; typeof error === 'object' && error !== null && depth < 8; depth++) {
    const code = text((error as { code?: unknown }).code);
    if (code) return code;
    error = (error as Error).cause ?? (error as AggregateError).errors?.[0];
  }
  return undefined;
}

function nameOf(thrown: unknown): unknown {
  return typeof thrown === 'object' && thrown !== null ? (thrown as Error).name : undefined;
}

function providerError(body: unknown): ProviderError {
  const error = typeof body === 'object' && body !== null ? (body as { error?: unknown }).error : undefined;
  return typeof error === 'object' && error !== null ? error : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
