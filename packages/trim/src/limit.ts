import type { Call, Prices } from '@interpose/core';

/** How many tokens the input of a call may hold; undefined where it is not to be trimmed. */
export type MaxInputTokens = number | ((args: { readonly call: Call }) => number | undefined);

// Where neither the request nor the table says how much may be written.
const DEFAULT_OUTPUT = 4096;
// Of a request without a limit of its own, the answer is left no more than this of the context: few are as long as they may be.
const MOST_OUTPUT = 1 / 4;

/**
 * The context window of a call's model less its limit of output tokens; where it has none, less the most that the model
 * writes, but no more than a quarter of the window. Undefined for a model that nobody knows.
 */
export function contextLimit(call: Call, prices: Prices): number | undefined {
  const { model, operation, params } = call;
  const window = model === undefined ? undefined : prices.contextWindow?.(model);
  if (model === undefined || window === undefined) return undefined;
  const asked = operation.outputLimit(params);
  const most = Math.floor(window * MOST_OUTPUT);
  const output = asked ?? Math.min(prices.outputCeiling?.(model) ?? DEFAULT_OUTPUT, most);
  return Math.max(0, window - output);
}
