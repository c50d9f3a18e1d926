import { systemClock, type Prices } from '@interpose/core';
import { listed } from './catalogue.ts';
import { cost } from './cost.ts';
import { byName, namesOf, type Lookup } from './names.ts';
import { CONTEXT_WINDOWS, FINE_TUNES, OUTPUT_CEILINGS, SERVICE_TIERS, type Multiplier } from './openai.ts';
import { checkPriceOptions, type PriceTableOptions } from './options.ts';
import { flat, ratesOf, type ListedRates, type RateTiers } from './rates.ts';

interface Model {
  readonly names: readonly string[];
  /** Null where nobody knows what its tokens cost. */
  readonly tiers: RateTiers | null;
  /** The minute of which its rates are; undefined where they hold at any time. */
  readonly minute: number | undefined;
  readonly contextWindow: () => number | undefined;
}

// Names come from requests, so that there is no end to them.
const MAX_MODELS = 1000;
// Prices change at midnight, or at full minutes of the day.
const MINUTE = 60_000;
const FINE_TUNE = /^ft:([^:]+).*$/;

/**
 * Makes the table of prices that {@link prices} provides: genai-prices with overrides, aliases and service tiers,
 * in whole nano-USD. A model is looked up once; a price is then a handful of multiplications.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function priceTable(options: PriceTableOptions = {}): Prices {
  checkPriceOptions(options);
  const { provider = 'openai', overrides = {}, aliases = {}, clock = systemClock } = options;
  const ofOpenAI = ['openai', 'azure'].includes(provider.trim().toLowerCase());
  const overridden = byName(overrides);
  const fineTuned = byName<ListedRates>(ofOpenAI ? FINE_TUNES : {});
  const aliased = byName(aliases);
  const ceilings = byName(OUTPUT_CEILINGS);
  const windows = byName(CONTEXT_WINDOWS);
  const tiers = multipliers({ ...(ofOpenAI && SERVICE_TIERS), ...options.serviceTiers });
  const models = new Map<string, Model>();

  function resolve(model: string, at: number): Model {
    const names = resolveNames(model);
    const own = overridden(names) ?? fineTuned(names);
    const contextWindow = once(() => {
      const base = baseNames(model);
      return windows(base) ?? listed(provider, base, at)?.contextWindow;
    });
    if (own) return { names, tiers: flat(ratesOf(own)), minute: undefined, contextWindow };
    const found = listed(provider, names, at);
    const minute = found?.timed ? minuteOf(at) : undefined;
    return { names, tiers: found?.tiers ?? null, minute, contextWindow };
  }

  function resolveNames(model: string): readonly string[] {
    const names = namesOf(model);
    const alias = aliased(names);
    return alias === undefined ? names : namesOf(alias);
  }

  /** Those of what a model was made of by fine-tuning, too. */
  function baseNames(model: string): readonly string[] {
    return resolveNames(model).flatMap((known) => namesOf(known.replace(FINE_TUNE, '$1')));
  }

  function modelOf(name: string, at: number): Model {
    const known = models.get(name);
    if (known && (known.minute === undefined || known.minute === minuteOf(at))) return known;
    const [oldest] = models.keys();
    if (oldest !== undefined && models.size >= MAX_MODELS) models.delete(oldest);
    const model = resolve(name, at);
    models.set(name, model);
    return model;
  }

  return {
    price(name, usage, { serviceTier, at = clock.now() } = {}) {
      const model = modelOf(name, at);
      if (!model.tiers) return null;
      // A tier that is not listed counts as the standard one: it is a new name, or capacity that was paid for before.
      const multiplier = (serviceTier === undefined ? undefined : tiers.get(serviceTier)?.(model.names)) ?? 1;
      return cost(model.tiers, usage, multiplier);
    },
    outputCeiling: (name) => ceilings(baseNames(name)),
    contextWindow: (name) => modelOf(name, clock.now()).contextWindow(),
  };
}

/** Asks once, and remembers. Most who ask for a price do not ask for this. */
function once<T>(ask: () => T): () => T {
  let asked: { readonly answer: T } | undefined;
  return () => (asked ??= { answer: ask() }).answer;
}

const minuteOf = (at: number): number => Math.floor(at / MINUTE);

function multipliers(parts: Readonly<Record<string, Multiplier>>): ReadonlyMap<string, Lookup<number>> {
  return new Map(
    Object.entries(parts).map(([tier, part]) => [tier, typeof part === 'number' ? () => part : byName(part)]),
  );
}
