import type { Call, Failure, Money, Outcome, Prices, Usage } from '@interpose/core';
import type { Amounts } from './booking.ts';
import { costOf, usageOf, type Estimate } from './estimate.ts';

/** What a call is charged, and what it is charged for. */
export interface Charge extends Amounts {
  readonly usage: Usage | undefined;
  readonly model: string | undefined;
}

const NOTHING = { usage: undefined, model: undefined, cost: 0, tokens: 0 } as const;

/** Of a call that did not get as far as to be sent. */
export const NOTHING_SENT: Charge = { ...NOTHING, calls: 0 };

/**
 * What a reply came to. Where the provider did not say (a stream that was cut, or left), it is the input as it was
 * estimated and the output as far as it came: never nothing.
 *
 * @param chunks events of a stream that came, each of a token or more.
 */
export function chargeOf(
  call: Call,
  outcome: Outcome,
  estimate: Estimate,
  chunks: number,
  price: (usage: Usage, answered: Outcome) => Money | null,
): Charge {
  const { usage, model } = outcome;
  // An error before any content is not on the bill; the request was sent all the same.
  if (!usage) return { ...NOTHING, calls: 1 };
  const counted = usage.source === 'reported' ? usage : arrived(call, outcome, estimate, chunks);
  const { inputTokens, outputTokens } = counted;
  return {
    usage: counted,
    model,
    cost: price(counted, outcome),
    tokens: inputTokens + outputTokens,
    calls: 1,
  };
}

/** What a call without a reply came to. */
export function chargeOfFailure(call: Call, { kind }: Failure, estimate: Estimate, prices: Prices): Charge {
  // Refused further in: nothing was sent.
  if (kind === 'refused') return NOTHING_SENT;
  // Given up while the provider was at work on it, which it bills; a connection that broke did not get that far.
  const atWork = kind === 'aborted' || kind === 'timeout' || kind === 'stalled';
  if (!atWork) return { ...NOTHING, calls: 1 };
  const usage = usageOf(estimate.inputTokens, 0);
  return { usage, model: undefined, cost: costOf(call, usage, prices), tokens: usage.totalTokens, calls: 1 };
}

function arrived(call: Call, { usage }: Outcome, estimate: Estimate, chunks: number): Usage {
  const limit = call.operation.outputLimit(call.params) ?? Infinity;
  const written = Math.max(usage?.outputTokens ?? 0, chunks);
  return usageOf(Math.max(1, estimate.inputTokens), Math.min(written, limit));
}
