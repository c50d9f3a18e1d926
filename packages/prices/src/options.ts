import { checkOptions, ConfigurationError, option, type Clock, type OptionRule } from '@interpose/core';
import { findProvider } from '@pydantic/genai-prices';
import type { Multiplier } from './openai.ts';
import type { ListedRates } from './rates.ts';

/** Options of {@link prices}. Models are named, or told by how their names begin: `gpt-4o*`. */
export interface PricesOptions {
  /** Whose price list counts: a provider of genai-prices. @default 'openai' */
  provider?: string;
  /** Rates in USD per million tokens that win over the list. @default none */
  overrides?: Readonly<Record<string, ListedRates>>;
  /** What models are that go by another name: `{ 'my-deployment': 'gpt-4o' }`. @default none */
  aliases?: Readonly<Record<string, string>>;
  /**
   * What a service tier costs, as a part of the list price: for all models, or by model. Added to the defaults.
   * @default OpenAI's and Azure's: flex and batch 0.5, priority and fast 2 (gpt-5.5: 2.5)
   */
  serviceTiers?: Readonly<Record<string, Multiplier>>;
}

/** Options of {@link priceTable}. */
export interface PriceTableOptions extends PricesOptions {
  /** Tells which prices hold, where nobody says when a reply was answered. @default systemClock */
  clock?: Pick<Clock, 'now'>;
}

const amount: OptionRule = [
  (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
  'a number >= 0',
];
const RATES: Readonly<Record<string, OptionRule>> = {
  input: amount,
  output: amount,
  cachedInput: amount,
  cacheWrite: amount,
  audioInput: amount,
  audioOutput: amount,
  reasoning: amount,
};

/** @throws {ConfigurationError} naming the option, or the entry of it, that is wrong. */
export function checkPriceOptions(options: PriceTableOptions): void {
  checkOptions('prices', options, {
    provider: [
      (v) => typeof v === 'string' && v !== '' && findProvider({ providerId: v }) !== undefined,
      'a provider of @pydantic/genai-prices (openai, azure, anthropic, google, ...)',
    ],
    overrides: option.object,
    aliases: option.object,
    serviceTiers: option.object,
    clock: option.object,
  });
  const { overrides = {}, aliases = {}, serviceTiers = {} } = options;
  for (const [model, rates] of Object.entries(overrides)) {
    checkName('overrides', model);
    checkOptions(`prices: overrides['${model}']`, rates, RATES);
    for (const required of ['input', 'output'] as const)
      check(`overrides['${model}'].${required}`, rates[required]);
  }
  for (const [name, model] of Object.entries(aliases)) {
    checkName('aliases', name);
    if (typeof model !== 'string' || model.trim() === '') {
      throw ConfigurationError.option('prices', `aliases['${name}']`, 'the name of a model', model);
    }
  }
  for (const [tier, multiplier] of Object.entries(serviceTiers)) {
    if (typeof multiplier !== 'object' || multiplier === null) {
      check(`serviceTiers.${tier}`, multiplier, 'a number >= 0, or such numbers by model');
      continue;
    }
    for (const [model, part] of Object.entries(multiplier)) {
      checkName(`serviceTiers.${tier}`, model);
      check(`serviceTiers.${tier}['${model}']`, part);
    }
  }
}

function check(name: string, value: unknown, expected = amount[1]): void {
  if (!amount[0](value)) throw ConfigurationError.option('prices', name, expected, value);
}

function checkName(name: string, model: string): void {
  if (model.trim() === '' || model.slice(0, -1).includes('*')) {
    throw ConfigurationError.option(
      'prices',
      `a key of ${name}`,
      'a model, or its beginning and a last *',
      model,
    );
  }
}
