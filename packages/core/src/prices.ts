import type { Usage } from './operations/operation.ts';

/** An amount of money in nano-USD (10⁻⁹ USD), a whole number, so that sums are exact: up to 9 million USD. */
export type Money = number;

/** What a reply was answered with, besides the model. */
export interface PriceOptions {
  /** The provider's, where it tells one: `flex`, `priority`, ... */
  readonly serviceTier?: string | undefined;
  /** When it was answered, in milliseconds since the epoch: prices change. @default now */
  readonly at?: number | undefined;
}

/** Knows what models cost. */
export interface Prices {
  /** What this usage costs; null for a model that it does not know. */
  price(model: string, usage: Usage, options?: PriceOptions): Money | null;
  /** The most tokens that a model writes in one answer; undefined where that is not known. */
  outputCeiling?(model: string): number | undefined;
  /** The most tokens that a model takes in and writes in one call, both together; undefined where that is not known. */
  contextWindow?(model: string): number | undefined;
}
