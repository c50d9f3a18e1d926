import type { InjectionToken } from '@interpose/core';

/** Something that is near to what was asked for. */
export interface Neighbour {
  readonly id: string;
  /** The cosine of the angle between the two, up to 1. */
  readonly similarity: number;
}

/** What is looked for. */
export interface Nearby {
  /** How many at most. */
  readonly limit: number;
  /** How near at least. */
  readonly minSimilarity: number;
}

/**
 * Finds what is near. A vector stands behind a wall, by its name, and is never seen from another one. Vectors have length 1;
 * those of another number of dimensions are not near to anything, behind the same wall or not.
 *
 * It may lose what it likes at any time, and may overlook something that is near. Each step ends in bounded time. Any
 * implementation has to pass `vectorIndexSuite` of `@interpose/cache/semantic/suite`.
 */
export interface VectorIndex {
  /** What is near, the nearest first. */
  search(
    wall: string,
    vector: Float32Array,
    near: Nearby,
  ): Promise<readonly Neighbour[]> | readonly Neighbour[];
  /** Keeps a vector for `ttlMs`, in the place of what was kept under the id. The array is not to be kept itself. */
  add(wall: string, id: string, vector: Float32Array, ttlMs: number): Promise<void> | void;
  /** Forgets an id among the vectors of so many dimensions. */
  remove(wall: string, id: string, dimensions: number): Promise<void> | void;
  /** Ends what it holds open. */
  close?(): Promise<void> | void;
}

/** Where vectors are kept. @default in memory, of one layer */
export const VECTOR_INDEX: InjectionToken<VectorIndex> = Symbol.for('interpose.VECTOR_INDEX');
