import type { Call, Money, Usage } from '@interpose/core';
import type { Posting } from './ledger.ts';

/** What one call adds to the report. */
export function postingOf(
  call: Call,
  model: string | undefined,
  usage: Usage | undefined,
  cost: Money | null,
  now: number,
): Posting {
  const { endpoint = '', tenant = '', user = '' } = call.tags;
  return {
    day: new Date(now).toISOString().slice(0, 10),
    endpoint,
    tenant,
    user,
    model: model ?? call.model ?? '',
    calls: 1,
    inputTokens: usage?.inputTokens ?? 0,
    outputTokens: usage?.outputTokens ?? 0,
    cost: cost ?? 0,
    unpriced: cost === null ? 1 : 0,
  };
}
