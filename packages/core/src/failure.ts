import { findInterposeError } from './error.ts';

/** What went wrong, in the terms that decisions are made in. */
export type FailureKind =
  | 'network'
  | 'timeout'
  | 'stalled'
  | 'truncated'
  | 'rate_limited'
  | 'overloaded'
  | 'server'
  | 'conflict'
  | 'quota_exhausted'
  | 'invalid_request'
  | 'context_length'
  | 'authentication'
  | 'permission'
  | 'not_found'
  | 'content_filter'
  | 'invalid_output'
  | 'refused'
  | 'aborted';

/** The kinds that may pass by themselves: the same request may succeed later. */
export const TRANSIENT_KINDS: ReadonlySet<FailureKind> = new Set([
  'network',
  'timeout',
  'stalled',
  'truncated',
  'rate_limited',
  'overloaded',
  'server',
  'conflict',
] as const);

/** The particulars of a {@link Failure}. */
export interface FailureOptions {
  /** @default whether the kind is one of {@link TRANSIENT_KINDS} */
  transient?: boolean;
  /** How long the provider asks to wait, in milliseconds. */
  retryAfterMs?: number | undefined;
  status?: number | undefined;
  /** The provider's or the platform's code: `insufficient_quota`, `ECONNRESET`. */
  code?: string | undefined;
  requestId?: string | undefined;
  cause?: unknown;
}

/** One failure, classified once for retry, fallback, breakers, traces and logs alike. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind;
  readonly transient: boolean;
  readonly retryAfterMs?: number;
  readonly status?: number;
  readonly code?: string;
  readonly requestId?: string;

  constructor(kind: FailureKind, options: FailureOptions = {}) {
    const code = printable(options.code);
    // The provider's own message is left out: it may quote the prompt, or part of a key.
    const detail = code && code !== kind ? ` (${code})` : '';
    super(
      `${options.status === undefined ? '' : `${options.status} `}${kind}${detail}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.kind = kind;
    this.transient = options.transient ?? TRANSIENT_KINDS.has(kind);
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
    if (options.status !== undefined) this.status = options.status;
    if (code !== undefined) this.code = code;
    if (options.requestId !== undefined) this.requestId = options.requestId;
  }
}

/** A code is a short identifier; anything else in its place may be text that must not travel. */
function printable(code: string | undefined): string | undefined {
  return code !== undefined && /^[\w.-]{1,64}$/.test(code) ? code : undefined;
}

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
  if (thrown instanceof ReferenceError || thrown instanceof RangeError || thrown instanceof SyntaxError) return true;
  return thrown instanceof TypeError && !/fetch failed|terminated|network|other side closed/i.test(thrown.message);
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

/**
 * Reads how long the provider asks to wait: `retry-after-ms`, then `Retry-After` in seconds or as an
 * HTTP date (RFC 9110, section 10.2.3).
 *
 * @returns milliseconds, 0 for a date in the past, undefined when nothing usable is there.
 */
export function parseRetryAfter(headers: Headers, now: number): number | undefined {
  const ms = positive(headers.get('retry-after-ms'));
  if (ms !== undefined) return ms;
  const after = headers.get('retry-after');
  const seconds = positive(after);
  if (seconds !== undefined) return seconds * 1000;
  // Date.parse alone would make a date of almost any word with a digit in it.
  const date = after !== null && /\d\d:\d\d:\d\d/.test(after) ? Date.parse(after) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

// Nobody means more than this, and a thousandfold of it is still a whole number.
const LONGEST_WAIT_S = 1e12;

function positive(value: string | null): number | undefined {
  const number = value === null || !/^\s*\d+(\.\d+)?\s*$/.test(value) ? Number.NaN : Number(value);
  return number <= LONGEST_WAIT_S ? number : undefined;
}
