import type { Call, TokenCounter } from '@interpose/core';

// OpenAI's rule of thumb for English text.
const CHARACTERS_PER_TOKEN = 4;

/**
 * The tokens that a call may come to: its input, counted where a counter is at hand and else estimated by the length
 * of its body, and the most that it may be answered with, where it says so.
 *
 * @param exact absent where it is for the provider's limits alone: then nothing is parsed for it.
 */
export function estimate(
  call: Call,
  exact: { readonly counter: TokenCounter | undefined } | undefined,
): number | Promise<number> {
  const input = exact?.counter?.input(call) ?? Math.ceil(call.bodyLength / CHARACTERS_PER_TOKEN);
  const output = exact ? (call.operation.outputLimit(call.params) ?? 0) : 0;
  return typeof input === 'number' ? input + output : input.then((tokens) => tokens + output);
}
