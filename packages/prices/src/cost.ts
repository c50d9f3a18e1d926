import type { Money, Usage } from '@interpose/core';
import type { Rates, RateTiers } from './rates.ts';

/**
 * Takes the error out of products that are whole numbers: three multiplications of doubles are off by 2⁻⁵¹ at most.
 * What is lost by it is less than a nano for any amount below half a million USD.
 */
const EXACT = 1 - 2 ** -49;

/**
 * What a usage costs. Each kind of tokens is one item and is rounded once, up to the next nano-USD: an amount is never
 * less than what is billed, and never more by a nano for each item.
 *
 * Each token is counted once, and what is of no kind is plain. Kinds may overlap, and a usage does not tell by how much
 * (sound that came from a cache is in both counts): the dearer kind then takes all of its own, the next what is left.
 */
export function cost(tiers: RateTiers, usage: Usage, multiplier: number): Money {
  const rates = ratesFor(tiers, usage.inputTokens);
  const charge = (count: number, rate: number): Money => Math.ceil(count * rate * multiplier * EXACT);

  const input = Math.max(0, usage.inputTokens);
  const heard = upTo(input, usage.audioInputTokens);
  const written = upTo(input - heard, usage.cacheWriteTokens);
  const cached = upTo(input - heard - written, usage.cachedInputTokens);

  const output = Math.max(0, usage.outputTokens);
  const spoken = upTo(output, usage.audioOutputTokens);
  const thought = upTo(output - spoken, usage.reasoningTokens);

  return (
    charge(input - heard - written - cached, rates.input) +
    charge(heard, rates.audioInput) +
    charge(written, rates.cacheWrite) +
    charge(cached, rates.cachedInput) +
    charge(output - spoken - thought, rates.output) +
    charge(spoken, rates.audioOutput) +
    charge(thought, rates.reasoning) +
    charge(1, rates.request)
  );
}

function upTo(limit: number, count = 0): number {
  return Math.min(limit, Math.max(0, count));
}

function ratesFor(tiers: RateTiers, inputTokens: number): Rates {
  let [{ rates }] = tiers;
  for (const tier of tiers) if (inputTokens > tier.above) rates = tier.rates;
  return rates;
}
