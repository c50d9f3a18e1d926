import {
  traceIds,
  type Call,
  type Failure,
  type FailureKind,
  type Outcome,
  type OutcomeStatus,
  type Reply,
} from '@interpose/core';

/** What a line says of a failure: never the provider's words, which may quote the prompt. */
export interface LogFailure {
  readonly kind: FailureKind;
  /** The provider's, the platform's or the refusing unit's code. */
  readonly code?: string;
  readonly status?: number;
  readonly transient: boolean;
  /** How long the provider asked to wait, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** The fields of one line. What is not known is left out. */
export interface LogEntry {
  readonly callId: string;
  /** The provider's id of the request, for its support. */
  readonly requestId?: string;
  /** The span of the call, where it is traced; with the ids of W3C Trace Context. */
  readonly traceId?: string;
  readonly spanId?: string;
  /** `chat`, `responses`, `embeddings`, ... */
  readonly operation: string;
  /** The model that answered, or else the one that was asked for. */
  readonly model?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** The whole call as its caller saw it, to the end of a stream, waits and further attempts included. */
  readonly latencyMs: number;
  /** From the start of the call to the first content. Of streams only. */
  readonly firstContentMs?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cachedInputTokens?: number;
  readonly reasoningTokens?: number;
  /** Whether the provider reported the tokens, or they are estimated. */
  readonly usage?: 'reported' | 'estimated';
  /** Who answered: `provider`, `cache`, ... */
  readonly source?: string;
  /** Requests that were sent to the provider; 0 for a hit of a cache. */
  readonly attempts: number;
  /** The HTTP status. */
  readonly status?: number;
  readonly finishReasons?: readonly string[];
  /** The unit that had enough, and ended the reply before the provider did. */
  readonly stoppedBy?: string;
  readonly outcome: OutcomeStatus | 'refused';
  readonly failure?: LogFailure;
}

/** A call that ended, with a reply or without. */
export interface EndedCall {
  readonly call: Call;
  /** The reply; of a call that a unit gave up, the one that it stands for. */
  readonly reply?: Reply | undefined;
  /** Of calls that were answered. */
  readonly outcome?: Outcome | undefined;
  readonly failure?: Failure | undefined;
}

/**
 * Puts down what became of a call.
 *
 * @param tags the call's, as they may be shown.
 */
export function entryOf(
  { call, reply, outcome, failure }: EndedCall,
  latencyMs: number,
  attempts: number,
  tags: Readonly<Record<string, string>>,
): LogEntry {
  const { usage, firstContentMs, totalMs = 0, finishReasons = [] } = outcome ?? {};
  // Of the reply's own call: whoever traces may stand further in.
  const ids = (reply?.call ?? call).get(traceIds);
  const streamed = firstContentMs !== undefined && reply?.streamed;
  return known<LogEntry>({
    callId: call.id,
    requestId: reply?.requestId ?? failure?.requestId,
    traceId: ids?.traceId,
    spanId: ids?.spanId,
    operation: call.operation.name,
    model: outcome?.model ?? call.model,
    tags: Object.keys(tags).length > 0 ? tags : undefined,
    latencyMs: Math.round(latencyMs),
    // The outcome counts from the last request; the caller, from the first.
    firstContentMs: streamed ? Math.round(latencyMs - totalMs + firstContentMs) : undefined,
    inputTokens: usage?.inputTokens,
    outputTokens: usage?.outputTokens,
    cachedInputTokens: usage?.cachedInputTokens,
    reasoningTokens: usage?.reasoningTokens,
    usage: usage?.source,
    source: reply?.source,
    attempts,
    status: reply?.status,
    finishReasons: finishReasons.length > 0 ? finishReasons : undefined,
    stoppedBy: outcome?.stoppedBy,
    outcome: outcome?.status ?? endOf(failure),
    failure: failure && failureOf(failure),
  });
}

/** How a call without a reply ended. */
function endOf(failure: Failure | undefined): LogEntry['outcome'] {
  return failure?.kind === 'aborted' || failure?.kind === 'refused' ? failure.kind : 'failed';
}

function failureOf({ kind, code, status, transient, retryAfterMs }: Failure): LogFailure {
  return known<LogFailure>({ kind, code, status, transient, retryAfterMs });
}

/** Leaves out what is undefined. */
function known<T extends object>(fields: { readonly [Name in keyof T]: T[Name] | undefined }): T {
  const present: Partial<T> = {};
  // A plain loop: this runs for every call, and going through arrays of entries takes four times as long.
  for (const name in fields) if (fields[name] !== undefined) present[name] = fields[name];
  return present as T;
}
