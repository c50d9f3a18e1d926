/** What a paired run found. */
export interface Paired {
  /** Time of B over time of A, a ratio for each pair of blocks. */
  readonly ratios: readonly number[];
  /** Median time of one call of A, in microseconds. */
  readonly baseMicros: number;
}

/**
 * Runs A and B in alternating blocks in one process, after a warm-up of both, and compares block with block:
 * whatever else the machine does meanwhile meets both alike.
 *
 * @param per calls in a block.
 * @param blocks pairs of blocks that are counted.
 */
export async function paired(
  a: () => Promise<void>,
  b: () => Promise<void>,
  { per, blocks, warmupMs = 2000 }: { per: number; blocks: number; warmupMs?: number },
): Promise<Paired> {
  const warm = performance.now() + warmupMs;
  while (performance.now() < warm) {
    await block(a, per);
    await block(b, per);
  }
  const ratios: number[] = [];
  const base: number[] = [];
  for (let pair = 0; pair < blocks; pair++) {
    // Who goes first alternates as well.
    const [first, second] = pair % 2 === 0 ? [a, b] : [b, a];
    const one = await block(first, per);
    const two = await block(second, per);
    const [ofA, ofB] = pair % 2 === 0 ? [one, two] : [two, one];
    ratios.push(ofB / ofA);
    base.push((ofA / per) * 1000);
  }
  return { ratios, baseMicros: median(base) };
}

async function block(run: () => Promise<void>, per: number): Promise<number> {
  const start = performance.now();
  for (let call = 0; call < per; call++) await run();
  return performance.now() - start;
}

/** The value in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which that share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((x, y) => x - y);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
