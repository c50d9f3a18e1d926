import type { Call, Outcome, Prices } from '@interpose/core';

const NANO = 1e9;

/** What the attempts of one call cost together, as far as prices are known. */
export class Cost {
  readonly #prices: Prices | undefined;
  /** In nano-USD. */
  #sum: number | undefined;
  #unknown = false;

  constructor(prices: Prices | undefined) {
    this.#prices = prices;
  }

  /** In USD. Undefined where a price is not known: part of a sum would pass for the whole. */
  get usd(): number | undefined {
    return this.#unknown || this.#sum === undefined ? undefined : this.#sum / NANO;
  }

  /** Adds an attempt; returns its own cost in USD. */
  add(call: Call, outcome: Outcome | undefined): number | undefined {
    const { usage, model, serviceTier } = outcome ?? {};
    if (!this.#prices || !usage) return undefined;
    const asked = call.model;
    const cost =
      (model === undefined ? null : this.#prices.price(model, usage, { serviceTier })) ??
      (asked === undefined ? null : this.#prices.price(asked, usage, { serviceTier }));
    if (cost === null) {
      this.#unknown = true;
      return undefined;
    }
    this.#sum = (this.#sum ?? 0) + cost;
    return cost / NANO;
  }
}
