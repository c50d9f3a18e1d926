import type { ErrorBody } from './api-error.ts';
import type { CutHow, ScriptedReply } from './scripted-reply.ts';

/** When the provider says that the next try may come. Each is sent as the header of that name, if given. */
export interface RetryHints {
  /** `retry-after-ms`, in milliseconds. */
  readonly retryAfterMs?: number;
  /** `retry-after`: seconds, or a moment that is sent as an HTTP date. */
  readonly retryAfter?: number | Date;
}

/** The 429 of too many requests or tokens per minute, which passes by itself. */
export function rateLimited(hints: RetryHints = {}): ScriptedReply {
  const message = 'Rate limit reached for gpt-5 on requests per min (RPM): Limit 500, Used 500, Requested 1.';
  return failure(429, { message, type: 'requests', code: 'rate_limit_exceeded' }, retryHeaders(hints));
}

/** The 429 of an account without money, told by `code` alone. Waiting does not help. */
export function insufficientQuota(): ScriptedReply {
  return quota('billing_error', 'insufficient_quota');
}

/** The same 429, told by `type` alone. */
export function insufficientQuotaByType(): ScriptedReply {
  return quota('insufficient_quota', null);
}

/** The 429 of prepaid credit that is used up. */
export function creditBalanceExhausted(): ScriptedReply {
  return quota('billing_error', 'credit_balance_exhausted');
}

/** The 429 of an organization that reached the spend limit it set. */
export function organizationSpendLimitExceeded(): ScriptedReply {
  return quota('billing_error', 'organization_spend_limit_exceeded');
}

/** The 429 of a project that reached the spend limit it set. */
export function projectSpendLimitExceeded(): ScriptedReply {
  return quota('billing_error', 'project_spend_limit_exceeded');
}

/** The 429 of an organization that reached the usage limit the provider set. */
export function organizationUsageLimitExceeded(): ScriptedReply {
  return quota('billing_error', 'organization_usage_limit_exceeded');
}

/** All six 429s for which a retry is a waste, by name. */
export const quotaExhausted: Readonly<Record<string, () => ScriptedReply>> = {
  insufficientQuota,
  insufficientQuotaByType,
  creditBalanceExhausted,
  organizationSpendLimitExceeded,
  projectSpendLimitExceeded,
  organizationUsageLimitExceeded,
};

/** The 503 of an overloaded engine. */
export function overloaded(hints: RetryHints = {}): ScriptedReply {
  const message = 'The engine is currently overloaded, please try again later.';
  return failure(503, { message, type: 'server_error', code: 'server_overloaded' }, retryHeaders(hints));
}

/**
 * An error of the server.
 *
 * @param status @default 500
 */
export function serverError(status = 500): ScriptedReply {
  return failure(status, {
    message: 'The server had an error while processing your request.',
    type: 'server_error',
  });
}

/** The 400 of a prompt that is longer than the model's context. */
export function contextLengthExceeded(): ScriptedReply {
  const message =
    "This model's maximum context length is 128000 tokens. Please reduce the length of the messages.";
  const error = {
    message,
    type: 'invalid_request_error',
    param: 'messages',
    code: 'context_length_exceeded',
  };
  return failure(400, error);
}

/** The 401 of a key that is wrong. */
export function unauthorized(): ScriptedReply {
  const message = 'Incorrect API key provided. You can find your API key in the settings of your account.';
  return failure(401, { message, type: 'invalid_request_error', code: 'invalid_api_key' });
}

/** The 400 of a prompt that the provider filtered. For an answer that it filtered, script `finishReason`. */
export function contentFilter(): ScriptedReply {
  const message =
    "The response was filtered due to the prompt triggering the provider's content management policy.";
  return failure(400, { message, type: 'invalid_request_error', param: 'prompt', code: 'content_filter' });
}

/**
 * A connection that ends after so many events.
 *
 * @param how @default 'close'
 */
export function cutAfter(events: number, how: CutHow = 'close'): ScriptedReply {
  return { cut: { afterEvents: events, how } };
}

/**
 * A connection that stays open and silent after so many events.
 *
 * @param keepAlive milliseconds between SSE comments; none by default
 */
export function stallAfter(events: number, keepAlive?: number): ScriptedReply {
  return { stall: { afterEvents: events, ...(keepAlive === undefined ? {} : { keepAlive }) } };
}

function quota(type: string, code: string | null): ScriptedReply {
  const message = 'You exceeded your current quota, please check your plan and billing details.';
  return failure(429, { message, type, code });
}

function failure(
  status: number,
  error: ErrorBody,
  headers?: Readonly<Record<string, string>>,
): ScriptedReply {
  const { message, type, param = null, code = null } = error;
  return { status, body: { error: { message, type, param, code } }, ...(headers && { headers }) };
}

function retryHeaders({ retryAfterMs, retryAfter }: RetryHints): Record<string, string> {
  return {
    ...(retryAfterMs !== undefined && { 'retry-after-ms': String(retryAfterMs) }),
    ...(retryAfter !== undefined && {
      'retry-after': retryAfter instanceof Date ? retryAfter.toUTCString() : String(retryAfter),
    }),
  };
}
