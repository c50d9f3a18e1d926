/** What a token costs, in nano-USD. A rate that a model does not have is that of a plain token. */
export interface Rates {
  readonly input: number;
  readonly cachedInput: number;
  readonly cacheWrite: number;
  readonly audioInput: number;
  readonly output: number;
  readonly audioOutput: number;
  readonly reasoning: number;
  /** What a request costs beside its tokens. */
  readonly request: number;
}

/** Rates that hold for requests of more than `above` input tokens. */
export interface RateTier {
  readonly above: number;
  readonly rates: Rates;
}

/** The rates of a model by the length of the input, the shortest first. */
export type RateTiers = readonly [RateTier, ...RateTier[]];

/** What a model costs, in USD per million tokens, as price lists have it. */
export interface ListedRates {
  readonly input: number;
  readonly output: number;
  /** Input that the provider had in its cache. @default `input` */
  readonly cachedInput?: number;
  /** Input that the provider puts into its cache. @default `input` */
  readonly cacheWrite?: number;
  /** @default `input` */
  readonly audioInput?: number;
  /** @default `output` */
  readonly audioOutput?: number;
  /** @default `output` */
  readonly reasoning?: number;
}

/** One USD per million tokens is this many nano-USD a token. */
const NANO_PER_TOKEN = 1000;

/** One USD per thousand requests is this many nano-USD a request. */
const NANO_PER_REQUEST = 1e6;

/** The rates of a price list. */
export function ratesOf(listed: ListedRates, usdPerThousandRequests = 0): Rates {
  const { input, output } = listed;
  const nano = (usd: number): number => usd * NANO_PER_TOKEN;
  return {
    input: nano(input),
    cachedInput: nano(listed.cachedInput ?? input),
    cacheWrite: nano(listed.cacheWrite ?? input),
    audioInput: nano(listed.audioInput ?? input),
    output: nano(output),
    audioOutput: nano(listed.audioOutput ?? output),
    reasoning: nano(listed.reasoning ?? output),
    request: usdPerThousandRequests * NANO_PER_REQUEST,
  };
}

/** Rates that do not depend on the length of the input. */
export function flat(rates: Rates): RateTiers {
  return [{ above: -1, rates }];
}
