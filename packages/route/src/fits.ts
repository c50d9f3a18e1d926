import type { Call } from '@interpose/core';
import { list, type RouteRule } from './route-options.ts';

/** Whether a rule is about a call: all that it names has to hold. */
export function fits(rule: RouteRule, call: Call, inputTokens: number): boolean {
  const { endpoint, tags = {}, operation, model, minInputTokens = 0, maxInputTokens = Infinity, when } = rule;
  if (inputTokens < minInputTokens || inputTokens > maxInputTokens) return false;
  if (!isOneOf(operation, call.operation.name) || !isOneOf(endpoint, call.tags.endpoint)) return false;
  for (const [name, values] of Object.entries(tags)) if (!isOneOf(values, call.tags[name])) return false;
  // Last, for a body that nobody asks about is not parsed.
  if (model !== undefined && !isOneOf(model, call.model)) return false;
  return when?.({ call, inputTokens }) ?? true;
}

function isOneOf(values: string | readonly string[] | undefined, value: string | undefined): boolean {
  return values === undefined || (value !== undefined && list(values).includes(value));
}
