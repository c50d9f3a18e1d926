import type { Random } from '@interpose/core';

/**
 * Makes a source of numbers that is the same for the same seed. Uses mulberry32 (T. Ettinger, 2017): 32 bits
 * of state, and evenly spread enough for jitter and for test data.
 *
 * @param seed an integer; only its lower 32 bits count. @default 1
 */
export function seededRandom(seed: number = 1): Random {
  let state = seed | 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) | 0;
      let bits = Math.imul(state ^ (state >>> 15), state | 1);
      bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
      return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}
