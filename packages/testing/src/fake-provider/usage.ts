import type { JsonObject } from './json.ts';
import type { ScriptedUsage } from './scripted-reply.ts';

/** Token counts of one reply, before they have the field names of an operation. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
}

/** Takes the true counts, and the scripted ones where there are any. */
export function usageOf(
  truth: Pick<Usage, 'inputTokens' | 'outputTokens' | 'reasoningTokens'>,
  scripted: ScriptedUsage = {},
): Usage {
  return { cachedTokens: 0, cacheWriteTokens: 0, ...truth, ...scripted };
}

/** Usage as chat and legacy completions spell it. */
export function chatUsage(usage: Usage): JsonObject {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** Usage as responses spell it. */
export function responsesUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedTokens, cache_write_tokens: usage.cacheWriteTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}
