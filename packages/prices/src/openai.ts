import type { ListedRates } from './rates.ts';

/** A service tier's part of the list price; where models differ, by model, as in {@link byName}. */
export type Multiplier = number | Readonly<Record<string, number>>;

// Of gpt-5.5 it is 2.5. Older models pay less than twice: 5/3 (gpt-4o-mini) to 1.82 (o4-mini). Twice is on the safe side.
const PRIORITY: Multiplier = { '*': 2, 'gpt-5.5*': 2.5 };

/**
 * Service tiers of OpenAI. Batch and flex are half the list price (https://developers.openai.com/api/docs/pricing); priority,
 * called fast mode since July 2026, is twice the list price of most models (https://openai.com/api-fast-mode/).
 */
export const SERVICE_TIERS: Readonly<Record<string, Multiplier>> = {
  batch: 0.5,
  flex: 0.5,
  priority: PRIORITY,
  fast: PRIORITY,
};

/**
 * Fine-tuned models of OpenAI, in USD per million tokens, which the table lacks, or lists without a price for cached input.
 * Source: "Fine-tuning" in https://developers.openai.com/api/docs/pricing, without the discount for sharing data.
 */
export const FINE_TUNES: Readonly<Record<string, ListedRates>> = {
  'ft:gpt-4.1*': { input: 3, cachedInput: 0.75, output: 12 },
  'ft:gpt-4.1-mini*': { input: 0.8, cachedInput: 0.2, output: 3.2 },
  'ft:gpt-4.1-nano*': { input: 0.2, cachedInput: 0.05, output: 0.8 },
  'ft:gpt-4o*': { input: 3.75, cachedInput: 1.875, output: 15 },
  'ft:gpt-4o-mini*': { input: 0.3, cachedInput: 0.15, output: 1.2 },
  'ft:o4-mini*': { input: 4, cachedInput: 1, output: 16 },
  'ft:davinci-002*': { input: 12, output: 12 },
  'ft:babbage-002*': { input: 1.6, output: 1.6 },
};

/**
 * The most output tokens of OpenAI's models, reasoning included.
 * Source: "max output tokens" in the page of each model, https://developers.openai.com/api/docs/models.
 */
export const OUTPUT_CEILINGS: Readonly<Record<string, number>> = {
  'gpt-6-*': 128_000,
  'gpt-5*': 128_000,
  'gpt-5-pro*': 272_000,
  'gpt-5-chat*': 16_384,
  'gpt-5.1-chat*': 16_384,
  'gpt-5.2-chat*': 16_384,
  'gpt-5.3-chat*': 16_384,
  'gpt-4.5*': 16_384,
  'gpt-4.1*': 32_768,
  'gpt-4o*': 16_384,
  'gpt-4o-2024-05-13': 4096,
  'gpt-4o-transcribe*': 2000,
  'gpt-4o-mini-transcribe*': 2000,
  'chatgpt-4o*': 16_384,
  'gpt-4-turbo*': 4096,
  'gpt-4-vision*': 4096,
  'gpt-4-1106*': 4096,
  'gpt-4-0125*': 4096,
  'gpt-4': 8192,
  'gpt-4-32k*': 32_768,
  'gpt-3.5*': 4096,
  'gpt-35*': 4096,
  'gpt-audio*': 16_384,
  'gpt-oss*': 131_072,
  'o1*': 100_000,
  'o1-mini*': 65_536,
  'o1-preview*': 32_768,
  'o3*': 100_000,
  'o4-mini*': 100_000,
  'codex-mini*': 100_000,
  'computer-use-preview*': 1024,
  'davinci-002': 16_384,
  'babbage-002': 16_384,
};

/**
 * Context windows of OpenAI's models that genai-prices takes for others, or does not know.
 * Source: "context window" in the page of each model, https://developers.openai.com/api/docs/models.
 */
export const CONTEXT_WINDOWS: Readonly<Record<string, number>> = {
  'gpt-5-chat*': 128_000,
  'gpt-5.1-chat*': 128_000,
  'gpt-5.2-chat*': 128_000,
  'gpt-5.3-chat*': 128_000,
  'gpt-4-32k*': 32_768,
  'davinci-002': 16_384,
  'babbage-002': 16_384,
};
