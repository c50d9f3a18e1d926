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

/** Words, each with a few digits at its end at most; or a number. */
const CODE = /^(?:[A-Za-z]+\d{0,5}(?:[_.](?:[A-Za-z]+\d{0,5}|\d{1,5}))*|\d{1,6})$/;

/** A code is a short identifier; anything else in its place may be a text, a key or an address, that must not travel. */
function printable(code: string | undefined): string | undefined {
  return code !== undefined && code.length <= 64 && CODE.test(code) ? code : undefined;
}
