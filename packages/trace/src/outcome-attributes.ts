import {
  findInterposeError,
  type Call,
  type Failure,
  type Outcome,
  type OutcomeStatus,
} from '@interpose/core';
import type { Attributes } from '@opentelemetry/api';
import * as names from './names.ts';
import type { Semconv } from './options.ts';
import { isInference } from './request-attributes.ts';
import * as semconv from './semconv.ts';

/** How a call ended for its caller. */
export type End = OutcomeStatus | 'refused';

/**
 * What an outcome says, for a span.
 *
 * @param provided whether the provider answered: then the tokens were used, otherwise they were saved.
 */
export function outcomeAttributes(
  call: Call,
  outcome: Outcome,
  provided: boolean,
  conventions: Semconv,
): Attributes {
  const attributes: Attributes = {};
  put(attributes, semconv.RESPONSE_ID, outcome.responseId);
  put(attributes, semconv.RESPONSE_MODEL, outcome.model);
  put(attributes, semconv.RESPONSE_SERVICE_TIER, outcome.serviceTier);
  put(attributes, semconv.SYSTEM_FINGERPRINT, outcome.systemFingerprint);
  put(attributes, names.STOPPED_BY, outcome.stoppedBy);
  const reasons = finishReasons(outcome, call.params['n']);
  if (reasons.length > 0) attributes[semconv.FINISH_REASONS] = reasons;
  const { usage } = outcome;
  if (!usage) return attributes;
  if (!provided) {
    attributes[names.SAVED_INPUT] = usage.inputTokens;
    attributes[names.SAVED_OUTPUT] = usage.outputTokens;
  } else if (usage.source === 'estimated') {
    attributes[names.ESTIMATED_INPUT] = usage.inputTokens;
    attributes[names.ESTIMATED_OUTPUT] = usage.outputTokens;
  } else {
    attributes[semconv.INPUT_TOKENS] = usage.inputTokens;
    // Embeddings have none, which is not 0.
    if (isInference(call)) attributes[semconv.OUTPUT_TOKENS] = usage.outputTokens;
    put(attributes, semconv.CACHE_READ_TOKENS, usage.cachedInputTokens);
    put(attributes, semconv.REASONING_TOKENS, usage.reasoningTokens);
    if (conventions !== '1.41') put(attributes, semconv.CACHE_WRITE_TOKENS, usage.cacheWriteTokens);
    if (conventions !== 'latest') put(attributes, semconv.CACHE_CREATION_TOKENS, usage.cacheWriteTokens);
  }
  return attributes;
}

/** One reason for each choice. By the conventions, that of a choice which broke or was stopped is `error`. */
function finishReasons(outcome: Outcome, choices: unknown): readonly string[] {
  const { status, finishReasons: reported, responseId } = outcome;
  if (status === 'completed' || responseId === undefined) return reported;
  const missing = Math.max(0, (typeof choices === 'number' ? choices : 1) - reported.length);
  return [...reported, ...Array<string>(missing).fill('error')];
}

/**
 * What a call failed of, as a word that there are few of: the kind of failure, or of a refusal the code. Undefined for
 * one that its caller stopped, which is no error.
 */
export function errorType(failure: Failure | undefined, thrown?: unknown): string | undefined {
  if (!failure || failure.kind === 'aborted') return undefined;
  if (failure.kind !== 'refused') return failure.kind;
  return findInterposeError(thrown ?? failure.cause)?.code ?? failure.code ?? failure.kind;
}

/** How a call without a reply ended. */
export function endOf(failure: Failure): End {
  return failure.kind === 'aborted' || failure.kind === 'refused' ? failure.kind : 'failed';
}

function put(attributes: Attributes, name: string, value: unknown): void {
  if (value !== undefined) attributes[name] = value;
}
