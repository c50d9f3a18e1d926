import type { Evaluation, Outcome, OutcomeUsage, Redaction } from '@interpose/core';
import type { Attributes, Counter, Histogram, Meter } from '@opentelemetry/api';
import {
  EVALUATION_NAME,
  EVALUATION_SEVERITY,
  EVALUATION_VERDICT,
  LIMIT,
  LIMIT_UNIT,
  REDACTION_ACTION,
  REDACTION_DIRECTION,
  REDACTION_RULE,
  REFUSAL_CODE,
  SOURCE,
} from './names.ts';
import type { Semconv } from './options.ts';
import { ERROR_TYPE, TOKEN_MODALITY, TOKEN_TYPE } from './semconv.ts';

/** A call that ended, as metrics see it. */
interface Measured {
  readonly inference: boolean;
  readonly seconds: number;
  /** Of streams, from the start of the call. */
  readonly firstChunkSeconds: number | undefined;
  /** Of streams: the times between chunks. */
  readonly chunkSeconds: readonly number[];
  /** Reported, and used. */
  readonly usage: OutcomeUsage | undefined;
  readonly errorType: string | undefined;
}

/** The metrics of one layer. All take the attributes that identify a call. */
export interface Instruments {
  ended(call: Measured, attributes: Attributes): void;
  attempted(attributes: Attributes, errorType: string | undefined): void;
  retried(attributes: Attributes): void;
  hit(attributes: Attributes, source: string): void;
  refused(attributes: Attributes, code: string): void;
  redacted(attributes: Attributes, redaction: Redaction): void;
  evaluated(attributes: Attributes, found: Evaluation): void;
  charged(attributes: Attributes, usd: number): void;
  balance(limit: string, unit: string, remaining: number): void;
}

// Doubling from 10 ms, and times four from one token, as the conventions advise.
const SECONDS = Array.from({ length: 14 }, (_, power) => 0.01 * 2 ** power);
const TOKENS = Array.from({ length: 14 }, (_, power) => 4 ** power);

/** Makes the instruments, each once. */
export function instruments(meter: Meter, semconv: Semconv): Instruments {
  const seconds = (name: string, description: string): Histogram =>
    meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries: SECONDS } });
  const sizes = (name: string, description: string): Histogram =>
    meter.createHistogram(name, {
      description,
      unit: '{token}',
      advice: { explicitBucketBoundaries: TOKENS },
    });
  const count = (name: string, unit: string, description: string): Counter =>
    meter.createCounter(name, { description, unit });

  const recorders = [
    ...(semconv === '1.41' ? [] : [latest(seconds, sizes, count)]),
    ...(semconv === 'latest' ? [] : [older(seconds, sizes)]),
  ];
  // The one that both conventions have, for different operations.
  const operationSeconds = seconds('gen_ai.client.operation.duration', 'Duration of operations');
  const attempts = count('interpose.attempts', '{attempt}', 'Requests that were sent to providers');
  const retries = count('interpose.retries', '{retry}', 'Requests that were sent again after a failure');
  const hits = count('interpose.cache.hits', '{call}', 'Calls that were answered without the provider');
  const refusals = count('interpose.refusals', '{call}', 'Calls that a unit refused');
  const redactions = count(
    'interpose.redactions',
    '{match}',
    'Secrets and personal data that were found in calls and replies',
  );
  const evaluations = count(
    'interpose.evaluations',
    '{evaluation}',
    'What was found of answers: shapes, checks',
  );
  const cost = count(
    'interpose.cost',
    'USD',
    'Cost of what providers answered, by the prices that are known',
  );
  const left = meter.createGauge('interpose.limit.remaining', { description: 'What is left of a limit' });

  return {
    ended(call, attributes) {
      const withError =
        call.errorType === undefined ? attributes : { ...attributes, [ERROR_TYPE]: call.errorType };
      if (semconv !== 'latest' || !call.inference) operationSeconds.record(call.seconds, withError);
      for (const record of recorders) record(call, attributes, withError);
    },
    attempted(attributes, errorType) {
      attempts.add(1, errorType === undefined ? attributes : { ...attributes, [ERROR_TYPE]: errorType });
    },
    retried: (attributes) => retries.add(1, attributes),
    hit: (attributes, source) => hits.add(1, { ...attributes, [SOURCE]: source }),
    refused: (attributes, code) => refusals.add(1, { ...attributes, [REFUSAL_CODE]: code }),
    redacted: (attributes, { rule, direction, action, count }) =>
      redactions.add(count, {
        ...attributes,
        [REDACTION_RULE]: rule,
        [REDACTION_DIRECTION]: direction,
        [REDACTION_ACTION]: action,
      }),
    evaluated: (attributes, { name, verdict, severity }) =>
      evaluations.add(1, {
        ...attributes,
        [EVALUATION_NAME]: name,
        [EVALUATION_VERDICT]: verdict,
        [EVALUATION_SEVERITY]: severity,
      }),
    charged: (attributes, usd) => cost.add(usd, attributes),
    balance: (limit, unit, remaining) => left.record(remaining, { [LIMIT]: limit, [LIMIT_UNIT]: unit }),
  };
}

type MakeHistogram = (name: string, description: string) => Histogram;
type MakeCounter = (name: string, unit: string, description: string) => Counter;
type Recorder = (call: Measured, attributes: Attributes, withError: Attributes) => void;

/** The instruments of the newest conventions. */
function latest(seconds: MakeHistogram, sizes: MakeHistogram, count: MakeCounter): Recorder {
  const inference = 'gen_ai.client.inference';
  const tokens = (kind: string): Counter =>
    count(`${inference}.usage.${kind}`, '{token}', `Tokens used: ${kind}`);
  const duration = seconds(`${inference}.duration`, 'Duration of inference calls');
  const firstChunk = seconds(`${inference}.time_to_first_chunk`, 'Time to the first chunk of a stream');
  const perChunk = seconds(`${inference}.time_per_output_chunk`, 'Time between the chunks of a stream');
  const inputs = sizes(`${inference}.operation.input_tokens`, 'Input tokens of a call');
  const outputs = sizes(`${inference}.operation.output_tokens`, 'Output tokens of a call');
  const input = tokens('input_tokens');
  const output = tokens('output_tokens');
  const cacheRead = tokens('cache_read.input_tokens');
  const cacheWrite = tokens('cache_write.input_tokens');
  const reasoning = tokens('reasoning.output_tokens');

  return (call, attributes, withError) => {
    const { usage, firstChunkSeconds, chunkSeconds } = call;
    if (call.inference) duration.record(call.seconds, withError);
    if (firstChunkSeconds !== undefined) firstChunk.record(firstChunkSeconds, attributes);
    for (const time of chunkSeconds) perChunk.record(time, attributes);
    if (!usage) return;
    const text = { ...attributes, [TOKEN_MODALITY]: 'text' };
    const audio = { ...attributes, [TOKEN_MODALITY]: 'audio' };
    const { audioInputTokens = 0, audioOutputTokens = 0 } = usage;
    input.add(usage.inputTokens - audioInputTokens, text);
    // What embeddings have none of is not told as 0.
    if (usage.outputTokens > 0) output.add(usage.outputTokens - audioOutputTokens, text);
    if (audioInputTokens > 0) input.add(audioInputTokens, audio);
    if (audioOutputTokens > 0) output.add(audioOutputTokens, audio);
    // Adding nothing to a counter says nothing, and costs as much.
    if (usage.cachedInputTokens) cacheRead.add(usage.cachedInputTokens, text);
    if (usage.cacheWriteTokens) cacheWrite.add(usage.cacheWriteTokens, text);
    if (usage.reasoningTokens) reasoning.add(usage.reasoningTokens, text);
    inputs.record(usage.inputTokens, withError);
    if (usage.outputTokens > 0) outputs.record(usage.outputTokens, withError);
  };
}

/** The instruments of 1.41, beside the duration of operations. */
function older(seconds: MakeHistogram, sizes: MakeHistogram): Recorder {
  const firstChunk = seconds(
    'gen_ai.client.operation.time_to_first_chunk',
    'Time to the first chunk of a stream',
  );
  const perChunk = seconds(
    'gen_ai.client.operation.time_per_output_chunk',
    'Time between the chunks of a stream',
  );
  const usages = sizes('gen_ai.client.token.usage', 'Tokens used by a call');
  return ({ usage, firstChunkSeconds, chunkSeconds }, attributes) => {
    if (firstChunkSeconds !== undefined) firstChunk.record(firstChunkSeconds, attributes);
    for (const time of chunkSeconds) perChunk.record(time, attributes);
    if (!usage) return;
    usages.record(usage.inputTokens, { ...attributes, [TOKEN_TYPE]: 'input' });
    if (usage.outputTokens > 0) usages.record(usage.outputTokens, { ...attributes, [TOKEN_TYPE]: 'output' });
  };
}

/** The usage that is worth counting: what the provider reported, and what was used. */
export function countable(outcome: Outcome | undefined, provided: boolean): OutcomeUsage | undefined {
  return provided && outcome?.usage?.source === 'reported' ? outcome.usage : undefined;
}
