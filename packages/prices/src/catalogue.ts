import { calcPrice, type ModelPrice } from '@pydantic/genai-prices';
import { flat, ratesOf, type Rates, type RateTier, type RateTiers } from './rates.ts';

/** What the table of genai-prices says of a model. */
export interface Listing {
  /** Null where the table lists no price of tokens, but of something else. */
  readonly tiers: RateTiers | null;
  /** Whether the prices depend on the time. */
  readonly timed: boolean;
  /** Tokens, in and out; undefined where the table does not say. */
  readonly contextWindow: number | undefined;
}

/** Looks a model up in the table of genai-prices, under the first of its names that is there. */
export function listed(provider: string, names: readonly string[], at: number): Listing | undefined {
  for (const name of names) {
    const found = calcPrice({}, name, { providerId: provider, timestamp: new Date(at) });
    if (!found) continue;
    const { prices, context_window: contextWindow } = found.model;
    return { tiers: tiersOf(found.model_price), timed: Array.isArray(prices), contextWindow };
  }
  return undefined;
}

function tiersOf(prices: ModelPrice): RateTiers | null {
  // The table says so of what costs nothing: moderation.
  if (Object.keys(prices).length === 0) return flat(ratesOf({ input: 0, output: 0 }));
  if (prices['input_mtok'] === undefined && prices['output_mtok'] === undefined) return null;

  const starts = new Set<number>();
  for (const price of Object.values(prices)) {
    if (typeof price === 'object') for (const { start } of price.tiers) starts.add(start);
  }
  const tierFrom = (above: number): RateTier => ({ above, rates: ratesAt(prices, above + 1) });
  return [tierFrom(-1), ...[...starts].toSorted((a, b) => a - b).map(tierFrom)];
}

function ratesAt(prices: ModelPrice, inputTokens: number): Rates {
  const usd = (key: string): number | undefined => {
    const price = prices[key];
    if (typeof price !== 'object') return price;
    // The last tier that begins below holds for the whole request, not only for the tokens above its beginning.
    const tiers = price.tiers.toSorted((a, b) => a.start - b.start);
    return tiers.findLast(({ start }) => inputTokens > start)?.price ?? price.base;
  };
  // A usage does not tell tokens of images from those of text: where they differ, all count as the dearer.
  const dearer = (text: string, image: string): number | undefined => {
    const [a, b] = [usd(text), usd(image)];
    return a === undefined || b === undefined ? a : Math.max(a, b);
  };
  const given = {
    cachedInput: dearer('cache_read_mtok', 'cache_image_read_mtok'),
    cacheWrite: usd('cache_write_mtok'),
    audioInput: usd('input_audio_mtok'),
    audioOutput: usd('output_audio_mtok'),
    reasoning: usd('output_reasoning_mtok'),
  };
  return ratesOf(
    {
      input: dearer('input_mtok', 'input_image_mtok') ?? 0,
      output: dearer('output_mtok', 'output_image_mtok') ?? 0,
      ...Object.fromEntries(Object.entries(given).filter(([, rate]) => rate !== undefined)),
    },
    usd('requests_kcount'),
  );
}
