import { detour, type Call, type Outcome, type Reply } from '@interpose/core';

/** Why an answer is not kept. */
export type SkipReason =
  | 'not_whole'
  | 'finish_reason'
  | 'source'
  | 'too_large'
  | 'superseded'
  | 'not_json'
  | 'store';

const GOOD_ENDS: readonly string[] = ['stop', 'tool_calls', 'function_call'];

/**
 * Says why an answer must not be given again; undefined where it may: it is whole, each of its choices ended by itself,
 * and it came from whom it was asked of.
 */
export function reasonNotToKeep(call: Call, reply: Reply, outcome: Outcome): SkipReason | undefined {
  if (!reply.ok || outcome.status !== 'completed') return 'not_whole';
  // As much as this call wanted to hear; another one may want more.
  if (outcome.stoppedBy !== undefined) return 'not_whole';
  if (reply.source !== 'provider' || isOfAnother(call, reply)) return 'source';
  const { finishReasons } = outcome;
  const ended =
    finishReasons.length >= choicesOf(call) && finishReasons.every((end) => GOOD_ENDS.includes(end));
  return ended ? undefined : 'finish_reason';
}

/** How many finish reasons there have to be. */
function choicesOf(call: Call): number {
  const { n, prompt } = call.params;
  const each = typeof n === 'number' ? n : 1;
  switch (call.operation.name) {
    case 'chat':
      return each;
    case 'completions':
      // An array of numbers is one prompt.
      return Array.isArray(prompt) && typeof prompt[0] !== 'number' ? each * prompt.length : each;
    case 'responses':
      return 1;
    default:
      return 0;
  }
}

/**
 * Of a fallback, or of a smaller model that a budget fell back on: it is no answer of the model that was asked for. What a unit
 * further out had sent elsewhere before it came to the cache has that in its key.
 */
function isOfAnother(call: Call, reply: Reply): boolean {
  const taken = reply.call.get(detour);
  return taken !== undefined && taken !== call.get(detour) && taken.same !== true;
}
