import type { LimitStore } from '@interpose/limit';
import { SETTLE, RENEW, TAKE } from './limit-scripts.ts';
import type { Scripts } from './script.ts';

const MOST_RENEWED_AT_ONCE = 500;
// Longer than anybody's use of a key, and still in what PEXPIRE takes.
const FOREVER_US = 3_000_000_000_000_000;

/** Counts limits in Redis: each step one script. */
export function limitStoreOver(server: Scripts, prefix: string): LimitStore {
  // In braces, so that a cluster puts all of it into one slot: a step is atomic only there.
  const base = `{${prefix}}:limit`;

  return {
    async take({ rates, slot }) {
      const costs = rates.flatMap(({ key, costUs, burstUs, keepUs }) => [
        key,
        whole(costUs, 'costUs'),
        whole(burstUs, 'burstUs'),
        span(keepUs),
      ]);
      const wanted = slot && [slot.key, slot.id, String(slot.limit), span(slot.leaseMs * 1000)];
      const args = [String(rates.length), ...costs, ...(wanted ?? [])];
      const [short, wait, at, ...ahead] = (await server.run(TAKE, base, args)).map(Number);
      const key = short ? (rates[short - 1] ?? slot)?.key : undefined;
      return {
        taken: !short,
        ...(key !== undefined && { short: key }),
        retryMs: Math.ceil((wait ?? 0) / 1000),
        aheadUs: ahead,
        at: (at ?? 0) / 1000,
      };
    },

    async settle({ rates, slots }) {
      const corrections = rates.flatMap(({ key, deltaUs, keepUs }) => [
        key,
        whole(deltaUs, 'deltaUs', -Infinity),
        span(keepUs),
      ]);
      const freed = slots.flatMap(({ key, id }) => [key, id]);
      await server.run(SETTLE, base, [String(rates.length), ...corrections, ...freed]);
    },

    async renew(slots, leaseMs) {
      for (let from = 0; from < slots.length; from += MOST_RENEWED_AT_ONCE) {
        const some = slots.slice(from, from + MOST_RENEWED_AT_ONCE).flatMap(({ key, id }) => [key, id]);
        await server.run(RENEW, base, [span(leaseMs * 1000), ...some]);
      }
    },
  };
}

/** As Lua takes it without loss. */
function whole(us: number, what: string, least = 0): string {
  if (Number.isSafeInteger(us) && us >= least) return String(us);
  throw new RangeError(`redis: ${what} must be a whole number of microseconds, got ${us}`);
}

function span(us: number): string {
  return String(Math.ceil(Math.min(Math.max(us, 1), FOREVER_US)));
}
