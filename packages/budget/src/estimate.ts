import {
  embeddings,
  moderations,
  type Call,
  type Money,
  type Prices,
  type TokenCounter,
  type Usage,
} from '@interpose/core';

/** What a call may come to. */
export interface Estimate {
  readonly inputTokens: number;
  /** The most that may be written. */
  readonly outputTokens: number;
  /** Null where no price is known. */
  readonly cost: Money | null;
}

/** What estimates are made with. */
export interface Estimator {
  readonly counter: TokenCounter;
  readonly prices: Prices;
  /** Output tokens of a call that sets no limit. */
  readonly assumeOutput: number | undefined;
}

// Where neither the request, nor an option, nor the price table says how much may be written.
const DEFAULT_OUTPUT = 4096;

/** Estimates a call from above: its input as it is counted, and all the output that it may ask for. */
export async function estimateOf(call: Call, estimator: Estimator): Promise<Estimate> {
  const counted = estimator.counter.input(call);
  const inputTokens = typeof counted === 'number' ? counted : await counted;
  const outputTokens = outputOf(call, estimator);
  return {
    inputTokens,
    outputTokens,
    cost: costOf(call, usageOf(inputTokens, outputTokens), estimator.prices),
  };
}

/** What a usage costs by the price of the model that answered, or else of the one that was asked. */
export function costOf(
  call: Call,
  usage: Usage,
  prices: Prices,
  answered: { readonly model?: string | undefined; readonly serviceTier?: string | undefined } = {},
): Money | null {
  const tier = call.params['service_tier'];
  const serviceTier = answered.serviceTier ?? (typeof tier === 'string' ? tier : undefined);
  const priced = answered.model === undefined ? null : prices.price(answered.model, usage, { serviceTier });
  if (priced !== null) return priced;
  return call.model === undefined ? null : prices.price(call.model, usage, { serviceTier });
}

export function usageOf(inputTokens: number, outputTokens: number): Usage {
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
}

function outputOf(call: Call, { prices, assumeOutput }: Estimator): number {
  if (call.is(embeddings) || call.is(moderations)) return 0;
  const ceiling = call.model === undefined ? undefined : prices.outputCeiling?.(call.model);
  const one = call.operation.outputLimit(call.params) ?? assumeOutput ?? ceiling ?? DEFAULT_OUTPUT;
  const choices = call.params['n'];
  return one * (typeof choices === 'number' && choices > 1 ? choices : 1);
}
