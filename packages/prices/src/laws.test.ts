import type { Usage } from '@interpose/core';
import { calcPrice, findProvider } from '@pydantic/genai-prices';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { priceTable } from './price-table.ts';

/** Tokens of a reply, each in one kind. */
interface Parts {
  readonly plain: number;
  readonly cached: number;
  readonly written: number;
  readonly heard: number;
  readonly answer: number;
  readonly thought: number;
  readonly spoken: number;
}
type Kind = keyof Parts;
const KINDS: readonly Kind[] = ['plain', 'cached', 'written', 'heard', 'answer', 'thought', 'spoken'];

const usageOf = (p: Parts): Usage => {
  const inputTokens = p.plain + p.cached + p.written + p.heard;
  const outputTokens = p.answer + p.thought + p.spoken;
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    cachedInputTokens: p.cached,
    cacheWriteTokens: p.written,
    audioInputTokens: p.heard,
    reasoningTokens: p.thought,
    audioOutputTokens: p.spoken,
  };
};

const partsUpTo = (max: number): fc.Arbitrary<Parts> =>
  fc.record(
    Object.fromEntries(KINDS.map((kind) => [kind, fc.nat(max)])) as Record<Kind, fc.Arbitrary<number>>,
  );

const hasImageRates = (prices: object): boolean => Object.keys(prices).some((key) => key.includes('image'));
const providers = [
  'openai',
  'azure',
  'anthropic',
  'google',
  'groq',
  'mistral',
  'deepseek',
  'perplexity',
  'x-ai',
];
const models = (id: string): string[] =>
  findProvider({ providerId: id })?.models.map((model) => model.id) ?? [];
const openai = fc.constantFrom(...models('openai'));
const instants = fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2027, 0) });

describe.each(providers)('the list of %s', (provider) => {
  const table = priceTable({ provider });

  test('comes to what genai-prices says, and never less', () => {
    const check = (model: string, parts: Parts, at: number): void => {
      // Those that are added to the list of genai-prices.
      if (model.startsWith('ft:')) return;
      const usage = usageOf(parts);
      const theirs = calcPrice(
        {
          input_tokens: usage.inputTokens,
          output_tokens: usage.outputTokens,
          cache_read_tokens: parts.cached,
          cache_write_tokens: parts.written,
          input_audio_tokens: parts.heard,
          output_audio_tokens: parts.spoken,
          output_reasoning_tokens: parts.thought,
          cache_audio_read_tokens: 0,
        },
        model,
        { providerId: provider, timestamp: new Date(at) },
      );
      const ours = table.price(model, usage, { at });
      if (ours === null) {
        const prices = Object.keys(theirs?.model_price ?? {});
        expect(prices.filter((key) => /^(in|out)put_mtok$/.test(key))).toEqual([]);
        return;
      }
      const nano = (theirs?.total_price ?? Number.NaN) * 1e9;
      expect(Number.isSafeInteger(ours)).toBe(true);
      expect(ours).toBeGreaterThan(nano - 0.01);
      // One nano for each of eight items.
      if (!hasImageRates(theirs?.model_price ?? {})) expect(ours).toBeLessThan(nano + 8.01);
    };
    fc.assert(fc.property(fc.constantFrom(...models(provider)), partsUpTo(200_000), instants, check), {
      numRuns: 2000,
    });
  });
});

test('amounts add up, to a nano for each item', () => {
  const table = priceTable();
  // Within one range of lengths: a long input has other rates.
  const short = partsUpTo(30_000);
  const law = (model: string, a: Parts, b: Parts): void => {
    const both = Object.fromEntries(KINDS.map((kind) => [kind, a[kind] + b[kind]])) as Record<Kind, number>;
    const [one, other, sum] = [a, b, both].map((parts) => table.price(model, usageOf(parts)));
    if (one == null || other == null || sum == null) return;
    expect(sum).toBeLessThanOrEqual(one + other);
    expect(sum).toBeGreaterThanOrEqual(one + other - KINDS.length);
  };
  fc.assert(fc.property(openai, short, short, law), { numRuns: 1000 });
});

test('a token more never costs less, whatever its kind', () => {
  const table = priceTable();
  const law = (model: string, parts: Parts, kind: Kind, more: number, serviceTier: string): void => {
    const before = table.price(model, usageOf(parts), { serviceTier });
    const after = table.price(model, usageOf({ ...parts, [kind]: parts[kind] + more }), { serviceTier });
    if (before !== null) expect(after).toBeGreaterThanOrEqual(before);
  };
  const tier = fc.constantFrom('default', 'flex', 'priority');
  const counts = partsUpTo(200_000);
  fc.assert(fc.property(openai, counts, fc.constantFrom(...KINDS), fc.nat(1000), tier, law), {
    numRuns: 1000,
  });
});

test('counts that do not fit together are charged no more than their totals', () => {
  const table = priceTable();
  const law = (parts: Parts, total: number): void => {
    const sane = table.price('gpt-4o', { inputTokens: total, outputTokens: 0, totalTokens: total });
    const odd = table.price('gpt-4o', { ...usageOf(parts), inputTokens: total, outputTokens: 0 });
    expect(odd).toBeLessThanOrEqual(sane!);
  };
  fc.assert(fc.property(partsUpTo(1000), fc.nat(1000), law));
});
