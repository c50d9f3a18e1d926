import type { Call, OutcomeUsage } from '@interpose/core';
import type { LimitName } from './limit-error.ts';
import type { LimitSettings } from './limit-options.ts';
import type { LimitSettlement, RateCorrection, TakeRequest } from './limit-store.ts';
import type { Rate } from './rate.ts';

/** Says what calls need of the limits, in the terms of the store. */
export class Needs {
  readonly #settings: LimitSettings;
  #calls = 0;

  constructor(settings: LimitSettings) {
    this.#settings = settings;
  }

  /** Whose limits a call falls under. Calls without the tag share one. */
  keyOf(call: Call): string {
    const { per } = this.#settings;
    if (per === 'all') return '';
    return (per === 'model' ? call.model : call.tags[per]) ?? '';
  }

  /** Which limit a key of the store counts. */
  readonly limitOf = (key: string): LimitName => key.slice(0, key.indexOf(' ')) as LimitName;

  of(call: Call, key: string, tokens: number): TakeRequest {
    const { requests, tokens: tokenRate, concurrency, leaseMs } = this.#settings;
    const rates = [];
    if (requests) rates.push({ ...this.#priced('requests', requests, key, 1), burstUs: requests.burstUs });
    if (tokenRate)
      rates.push({ ...this.#priced('tokens', tokenRate, key, tokens), burstUs: tokenRate.burstUs });
    if (concurrency === undefined) return { rates };
    // All attempts of a call share its id.
    const slot = {
      key: this.#named('concurrency', `${concurrency}`, key),
      id: `${call.id}-${++this.#calls}`,
    };
    return { rates, slot: { ...slot, limit: concurrency, leaseMs } };
  }

  /** Whether a call asks for more tokens than there ever are. */
  tooMany(tokens: number): boolean {
    return tokens > (this.#settings.tokens?.limit ?? Infinity);
  }

  /** What is to be corrected when a reply has ended. */
  corrected(
    { slot }: TakeRequest,
    key: string,
    reserved: number,
    usage: OutcomeUsage | undefined,
  ): LimitSettlement {
    const rate = this.#settings.tokens;
    const rates: RateCorrection[] = [];
    if (rate) {
      const { costUs: taken, ...rest } = this.#priced('tokens', rate, key, reserved);
      const deltaUs = rate.cost(usage?.totalTokens ?? 0) - taken;
      if (deltaUs !== 0) rates.push({ ...rest, deltaUs });
    }
    return { rates, slots: slot ? [slot] : [] };
  }

  #priced(
    limit: LimitName,
    rate: Rate,
    key: string,
    amount: number,
  ): { key: string; costUs: number; keepUs: number } {
    const { everyMs, keepUs } = rate;
    return {
      key: this.#named(limit, `${rate.limit}/${everyMs}`, key),
      costUs: rate.cost(amount),
      keepUs,
    };
  }

  /** With the limit in it: another one is another count, also where both are in use. */
  #named(limit: LimitName, figure: string, key: string): string {
    return `${limit} ${figure} ${this.#settings.per} ${key}`;
  }
}

/** Gives all back that was taken for a call that was not sent. */
export function unused({ rates, slot }: TakeRequest): LimitSettlement {
  return {
    rates: rates.map(({ key, costUs, keepUs }) => ({ key, deltaUs: -costUs, keepUs })),
    slots: slot ? [slot] : [],
  };
}
