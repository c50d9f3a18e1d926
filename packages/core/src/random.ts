/** Randomness, as everything in a layer sees it. Tests put a seeded one in its place. */
export interface Random {
  /** A number in [0, 1), evenly spread. */
  next(): number;
}

/** The randomness of the runtime. Fit for jitter, not for secrets. */
export const systemRandom: Random = { next: () => Math.random() };
