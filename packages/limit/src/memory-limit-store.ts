import { systemClock, type Clock } from '@interpose/core';
import type { LimitStore, RateCost, SlotRef, TakeAnswer, TakeRequest } from './limit-store.ts';

interface Rate {
  /** The theoretical arrival time, in microseconds of the monotonic clock. */
  tat: number;
  keepUs: number;
}

// Between two looks for what may be forgotten.
const SWEEP_US = 60_000_000;

/** Counts limits in this process, for one layer or for several that share it. @param clock @default systemClock */
export function memoryLimitStore(clock: Clock = systemClock): LimitStore {
  const rates = new Map<string, Rate>();
  /** When each slot that is held lapses, by key and id. */
  const slots = new Map<string, Map<string, number>>();
  let nextSweep = 0;

  function sweep(now: number): void {
    if (now < nextSweep) return;
    nextSweep = now + SWEEP_US;
    for (const [key, { tat, keepUs }] of rates) if (tat + keepUs < now) rates.delete(key);
    for (const key of slots.keys()) heldOf(key, now);
  }

  /** The slots of a key that are held now. */
  function heldOf(key: string, now: number): Map<string, number> | undefined {
    const held = slots.get(key);
    if (!held) return undefined;
    for (const [id, lapses] of held) if (lapses <= now) held.delete(id);
    if (held.size === 0) slots.delete(key);
    return held;
  }

  function waitOf({ key, costUs, burstUs }: RateCost, now: number): number {
    const rate = rates.get(key);
    return rate ? Math.max(0, rate.tat + costUs - burstUs - now) : 0;
  }

  function take({ rates: costs, slot }: TakeRequest): TakeAnswer {
    const now = micros(clock);
    sweep(now);
    const answer = (taken: boolean, retryUs = 0, short?: string): TakeAnswer => ({
      taken,
      retryMs: Math.ceil(retryUs / 1000),
      aheadUs: costs.map(({ key }) => Math.max(0, (rates.get(key)?.tat ?? now) - now)),
      at: clock.now(),
      ...(short !== undefined && { short }),
    });

    let longest: RateCost | undefined;
    for (const cost of costs) if (waitOf(cost, now) > (longest ? waitOf(longest, now) : 0)) longest = cost;
    if (longest) return answer(false, waitOf(longest, now), longest.key);

    const held = slot && heldOf(slot.key, now);
    if (slot && held && held.size >= slot.limit && !held.has(slot.id)) {
      return answer(false, Math.min(...held.values()) - now, slot.key);
    }
    if (slot) {
      const own = slots.get(slot.key) ?? new Map<string, number>();
      slots.set(slot.key, own.set(slot.id, now + slot.leaseMs * 1000));
    }
    for (const { key, costUs, keepUs } of costs) {
      rates.set(key, { tat: Math.max(rates.get(key)?.tat ?? now, now) + costUs, keepUs });
    }
    return answer(true);
  }

  function correct(key: string, deltaUs: number, keepUs: number, now: number): void {
    const tat = rates.get(key)?.tat;
    if (deltaUs > 0) rates.set(key, { tat: Math.max(tat ?? now, now) + deltaUs, keepUs });
    else if (tat !== undefined) rates.set(key, { tat: Math.max(tat + deltaUs, Math.min(tat, now)), keepUs });
  }

  function free({ key, id }: SlotRef): void {
    const held = slots.get(key);
    held?.delete(id);
    if (held?.size === 0) slots.delete(key);
  }

  return {
    // A step of memory is over at once; that it is told by a promise is for those that are not.
    take: async (request) => take(request),
    async settle({ rates: corrections, slots: freed }) {
      const now = micros(clock);
      for (const { key, deltaUs, keepUs } of corrections) correct(key, deltaUs, keepUs, now);
      for (const slot of freed) free(slot);
    },
    async renew(renewed, leaseMs) {
      const now = micros(clock);
      for (const { key, id } of renewed) {
        const held = heldOf(key, now);
        if (held?.has(id)) held.set(id, now + leaseMs * 1000);
      }
    },
  };
}

function micros(clock: Clock): number {
  return Math.round(clock.monotonic() * 1000);
}
