import type { Call, Prices, Random } from '@interpose/core';
import type { Place, Strategy } from './route-options.ts';
import type { Speeds } from './speeds.ts';
import { stableShare } from './stable-share.ts';

/** What a choice goes by. */
export interface ChoiceArgs {
  readonly call: Call;
  readonly inputTokens: number;
  readonly strategy: Strategy;
  /** The value of the sticky tag, where the call has it. */
  readonly stuck: string | undefined;
}

// An answer of so many tokens, where the call sets no limit: only the prices of models are compared by it.
const USUAL_OUTPUT = 500;

/** Chooses one of several targets. */
export class Chooser {
  readonly #random: Random;
  readonly #speeds: Speeds;
  readonly #prices: Prices | undefined;

  constructor(random: Random, speeds: Speeds, prices: Prices | undefined) {
    this.#random = random;
    this.#speeds = speeds;
    this.#prices = prices;
  }

  /** @returns the target, with the word for how it was chosen */
  choose(
    places: readonly Place[],
    args: ChoiceArgs,
  ): readonly [place: Place, how: Strategy | 'sticky' | 'only'] {
    const [first, ...others] = places as [Place, ...Place[]];
    if (others.length === 0) return [first, 'only'];
    const { strategy, stuck } = args;
    if (stuck !== undefined && strategy !== 'first' && strategy !== 'cheapest')
      return [sticking(places, stuck), 'sticky'];
    switch (strategy) {
      case 'first':
        return [first, strategy];
      case 'weighted':
        return [this.#weighted(places), strategy];
      case 'cheapest':
        return [least(places, (place) => this.#price(place, args)), strategy];
      case 'fastest':
        return [least(this.#two(places), ({ name }) => this.#speeds.cost(name)), strategy];
    }
  }

  #weighted(places: readonly Place[]): Place {
    const sum = places.reduce((total, { weight }) => total + weight, 0);
    let left = this.#random.next() * sum;
    for (const place of places) {
      left -= place.weight;
      if (left < 0) return place;
    }
    return places[0] as Place;
  }

  #price({ model }: Place, { call, inputTokens }: ChoiceArgs): number {
    const asked = model ?? call.model;
    if (asked === undefined) return Infinity;
    const outputTokens = call.operation.outputLimit(call.params) ?? USUAL_OUTPUT;
    const usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
    // One without a price may be dear.
    return this.#prices?.price(asked, usage) ?? Infinity;
  }

  /**
   * Two at random, of which the faster is taken: all would go to the fastest at once, which would not be the fastest then.
   *
   * Source: M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001.
   */
  #two(places: readonly Place[]): readonly Place[] {
    if (places.length === 2) return places;
    const first = Math.floor(this.#random.next() * places.length);
    const second = (first + 1 + Math.floor(this.#random.next() * (places.length - 1))) % places.length;
    return [places[first] as Place, places[second] as Place];
  }
}

/** Rendezvous hashing with weights: when a target is added or taken out, only what goes to it moves. */
function sticking(places: readonly Place[], stuck: string): Place {
  return least(
    places,
    ({ name, weight }) => -Math.log(stableShare(name, stuck) || Number.MIN_VALUE) / weight,
  );
}

/** The one that costs least, the first of several. */
function least(places: readonly Place[], costOf: (place: Place) => number): Place {
  let best = places[0] as Place;
  let lowest = costOf(best);
  for (const place of places.slice(1)) {
    const cost = costOf(place);
    if (cost < lowest) [best, lowest] = [place, cost];
  }
  return best;
}
