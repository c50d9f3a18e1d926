import { createHash } from 'node:crypto';
import type { Call, Random } from '@interpose/core';
import type { PooledKey } from './pooled-key.ts';

/**
 * How keys take turns: in order, by weight (`round-robin`); the one with the fewest calls under way (`least-used`); by chance
 * (`random`); or the same for all calls with the same value of a tag.
 */
export type KeyStrategy = 'round-robin' | 'least-used' | 'random' | { readonly sticky: string };

/** Chooses one of the keys that may be used, of which there is at least one. */
export type Choose = (keys: readonly PooledKey[], call: Call) => PooledKey;

/** The chooser of a strategy. */
export function chooserOf(strategy: KeyStrategy, random: Random): Choose {
  if (typeof strategy === 'object') return (keys, call) => sticky(keys, call.tags[strategy.sticky]);
  return { 'round-robin': inTurn, 'least-used': leastUsed, random: byChance(random) }[strategy];
}

/**
 * Turns by weight, spread evenly: each time all gain their weight, and the one that is the furthest behind is taken, and pays.
 *
 * Source: the smooth weighted round-robin of nginx.
 */
function inTurn(keys: readonly PooledKey[]): PooledKey {
  let total = 0;
  for (const key of keys) {
    key.credit += key.credential.weight;
    total += key.credential.weight;
  }
  const chosen = least(keys, ({ credit }) => -credit);
  chosen.credit -= total;
  return chosen;
}

function leastUsed(keys: readonly PooledKey[]): PooledKey {
  const load = ({ underWay, credential: { weight } }: PooledKey): number => underWay / weight;
  const lowest = load(least(keys, load));
  return least(
    keys.filter((key) => load(key) === lowest),
    ({ uses, credential: { weight } }) => uses / weight,
  );
}

function byChance(random: Random): Choose {
  return (keys) => {
    let left = random.next() * keys.reduce((sum, { credential: { weight } }) => sum + weight, 0);
    for (const key of keys) {
      left -= key.credential.weight;
      if (left < 0) return key;
    }
    return keys.at(-1) as PooledKey;
  };
}

/**
 * The same key for the same value, as long as it may be used; then another one, and each value its own. A pool that changes
 * moves no more values than it has to. Calls without the tag take turns.
 *
 * Source: rendezvous hashing with weights (J. Resch, "New Hashing Algorithms for Data Storage", 2015).
 */
function sticky(keys: readonly PooledKey[], value: string | undefined): PooledKey {
  if (value === undefined) return inTurn(keys);
  return least(keys, ({ credential: { hash, weight } }) => {
    const digest = createHash('sha256').update(`${hash} ${value}`).digest();
    return -Math.log((digest.readUInt32BE(0) + 1) / (2 ** 32 + 1)) / weight;
  });
}

function least(keys: readonly PooledKey[], of: (key: PooledKey) => number): PooledKey {
  return keys.reduce((best, key) => (of(key) < of(best) ? key : best));
}
