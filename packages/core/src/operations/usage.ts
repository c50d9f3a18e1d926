import { isRecord, type JsonRecord } from './json.ts';
import type { Usage } from './operation.ts';

type Draft = { -readonly [K in keyof Usage]: Usage[K] };

const none: JsonRecord = Object.freeze({});

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function recordOf(...candidates: readonly unknown[]): JsonRecord {
  return candidates.find(isRecord) ?? none;
}

/**
 * Reads a usage object in any of the wire's spellings: `prompt_tokens` and `completion_tokens` (chat, completions,
 * embeddings) or `input_tokens` and `output_tokens` (responses, images, audio). Usage that counts no tokens, such as
 * the seconds of a transcription, is `undefined`.
 */
export function readUsage(value: unknown): Usage | undefined {
  if (!isRecord(value) || value['type'] === 'duration') return undefined;
  const input = numberOf(value['prompt_tokens']) ?? numberOf(value['input_tokens']);
  const output = numberOf(value['completion_tokens']) ?? numberOf(value['output_tokens']);
  const total = numberOf(value['total_tokens']);
  if (input === undefined && output === undefined && total === undefined) return undefined;

  const inputTokens = input ?? Math.max(0, (total ?? 0) - (output ?? 0));
  const outputTokens = output ?? Math.max(0, (total ?? 0) - inputTokens);
  const usage: Draft = { inputTokens, outputTokens, totalTokens: total ?? inputTokens + outputTokens };

  // Transcriptions spell it `input_token_details`.
  const of = recordOf(
    value['prompt_tokens_details'],
    value['input_tokens_details'],
    value['input_token_details'],
  );
  const out = recordOf(value['completion_tokens_details'], value['output_tokens_details']);
  set(usage, 'cachedInputTokens', of['cached_tokens']);
  set(usage, 'cacheWriteTokens', of['cache_write_tokens']);
  set(usage, 'audioInputTokens', of['audio_tokens']);
  set(usage, 'reasoningTokens', out['reasoning_tokens']);
  set(usage, 'audioOutputTokens', out['audio_tokens']);
  set(usage, 'acceptedPredictionTokens', out['accepted_prediction_tokens']);
  set(usage, 'rejectedPredictionTokens', out['rejected_prediction_tokens']);
  return usage;
}

function set(usage: Draft, key: keyof Usage, value: unknown): void {
  const count = numberOf(value);
  if (count !== undefined) usage[key] = count;
}

/** Adds the tokens of several replies up, kind by kind. */
export function addUsage(one: Usage, other: Usage): Usage {
  const sum: Record<string, number> = { ...numbersOf(one) };
  for (const [kind, count] of Object.entries(numbersOf(other))) sum[kind] = (sum[kind] ?? 0) + count;
  return sum as unknown as Usage;
}

function numbersOf(usage: Usage): Record<string, number> {
  return Object.fromEntries(Object.entries(usage).filter(([, count]) => typeof count === 'number'));
}
