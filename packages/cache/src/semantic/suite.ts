import { deepStrictEqual as equal, ok } from 'node:assert';
import { unit } from './vector.ts';
import type { Neighbour, VectorIndex } from './vector-index.ts';
import { suiteOf, type SuiteCase } from '../suite/suite-of.ts';

/** An index under test, with a hand on its time. */
export interface VectorIndexRig {
  readonly index: VectorIndex;
  /** Another one over the same vectors, as a second process has it. @default the same one */
  readonly second?: VectorIndex;
  /** Lets time pass by the index's own clock. */
  readonly advance: (ms: number) => Promise<void>;
  /** Ends it. */
  close(): Promise<void>;
}

/**
 * Makes the tests that every {@link VectorIndex} passes:
 *
 * ```ts no-run
 * for (const { name, run } of vectorIndexSuite(() => rigOfMine())) test(name, run);
 * ```
 *
 * @param make returns an index that keeps nothing yet, each time it is called.
 */
export function vectorIndexSuite(make: () => Promise<VectorIndexRig> | VectorIndexRig): readonly SuiteCase[] {
  return suiteOf(make, CASES);
}

const MINUTE = 60_000;
// Short, for indexes whose time cannot be made to pass, and long enough for a slow machine.
const SHORT_MS = 2000;
const WALL = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);

/** The vector of an angle, in degrees: two of them are as near as the cosine of what is between. */
function at(degrees: number, dimensions = 2): Float32Array {
  const angle = (degrees / 180) * Math.PI;
  const vector = new Float32Array(dimensions);
  vector[0] = Math.cos(angle);
  vector[dimensions - 1] = Math.sin(angle);
  return unit(vector);
}

async function ids(
  index: VectorIndex,
  degrees: number,
  { wall = WALL, limit = 10, minSimilarity = 0.5, dimensions = 2 } = {},
): Promise<string[]> {
  const near = await index.search(wall, at(degrees, dimensions), { limit, minSimilarity });
  return near.map(({ id }) => id);
}

/** Cosines to three places: an index may keep less of a number than it was given. */
function rounded(near: readonly Neighbour[]): string[] {
  return near.map(({ id, similarity }) => `${id} ${similarity.toFixed(3)}`);
}

const CASES: readonly (readonly [name: string, check: (rig: VectorIndexRig) => Promise<void>])[] = [
  [
    'finds what is near, the nearest first, with the cosine',
    async ({ index, second = index }) => {
      for (const degrees of [40, 0, 20]) await index.add(WALL, `at ${degrees}`, at(degrees), MINUTE);
      const near = await second.search(WALL, at(5), { limit: 10, minSimilarity: 0.5 });
      equal(rounded(near), ['at 0 0.996', 'at 20 0.966', 'at 40 0.819']);
    },
  ],
  [
    'finds nothing in an index that is empty, and nothing that is not near enough',
    async ({ index }) => {
      equal(await ids(index, 0), []);
      for (const degrees of [0, 89, 180]) await index.add(WALL, `at ${degrees}`, at(degrees), MINUTE);
      equal(await ids(index, 0, { minSimilarity: 0.9 }), ['at 0']);
      equal(await ids(index, 45, { minSimilarity: 0.9 }), []);
    },
  ],
  [
    'finds the very same with a similarity of 1',
    async ({ index }) => {
      await index.add(WALL, 'same', at(33, 64), MINUTE);
      const near = await index.search(WALL, at(33, 64), { limit: 1, minSimilarity: 1 });
      equal(rounded(near), ['same 1.000']);
      ok((near[0]?.similarity ?? 2) <= 1);
    },
  ],
  [
    'finds no more than it is asked for: the nearest',
    async ({ index }) => {
      for (const degrees of [30, 10, 0, 20]) await index.add(WALL, `at ${degrees}`, at(degrees), MINUTE);
      equal(await ids(index, 0, { limit: 2 }), ['at 0', 'at 10']);
    },
  ],
  [
    'finds nothing behind another wall',
    async ({ index }) => {
      await index.add(WALL, 'here', at(0), MINUTE);
      await index.add(OTHER, 'there', at(0), MINUTE);
      equal(
        [
          await ids(index, 0),
          await ids(index, 0, { wall: OTHER }),
          await ids(index, 0, { wall: WALL.slice(1) }),
        ],
        [['here'], ['there'], []],
      );
    },
  ],
  [
    'keeps what it was given, though the array is used for something else afterwards',
    async ({ index }) => {
      const vector = at(0);
      await index.add(WALL, 'one', vector, MINUTE);
      vector.set(at(90));
      equal(await ids(index, 0, { minSimilarity: 0.9 }), ['one']);
    },
  ],
  [
    'puts the newer in the place of the older',
    async ({ index, second = index }) => {
      await index.add(WALL, 'one', at(0), MINUTE);
      await second.add(WALL, 'one', at(60), MINUTE);
      equal(await ids(index, 0, { minSimilarity: 0.9 }), []);
      equal(await ids(index, 60, { minSimilarity: 0.9 }), ['one']);
    },
  ],
  [
    'forgets what it is told to forget, also twice, and nothing else',
    async ({ index, second = index }) => {
      for (const id of ['one', 'two', 'three']) await index.add(WALL, id, at(0), MINUTE);
      await index.add(OTHER, 'two', at(0), MINUTE);
      await second.remove(WALL, 'two', 2);
      await index.remove(WALL, 'two', 2);
      await index.remove('c'.repeat(64), 'one', 2);
      await index.remove(WALL, 'one', 3);
      equal((await ids(index, 0)).toSorted(), ['one', 'three']);
      equal(await ids(index, 0, { wall: OTHER }), ['two']);
    },
  ],
  [
    'forgets what has expired, and counts from the last time it was added',
    async ({ index, advance }) => {
      for (const id of ['short', 'again']) await index.add(WALL, id, at(0), SHORT_MS);
      await index.add(WALL, 'long', at(0), MINUTE);
      equal((await ids(index, 0)).toSorted(), ['again', 'long', 'short']);
      await index.add(WALL, 'again', at(0), MINUTE);
      await advance(SHORT_MS + 50);
      equal((await ids(index, 0)).toSorted(), ['again', 'long']);
    },
  ],
  [
    'takes vectors of other dimensions for something else',
    async ({ index }) => {
      await index.add(WALL, 'of 2', at(0), MINUTE);
      await index.add(WALL, 'of 3', at(0, 3), MINUTE);
      equal([await ids(index, 0), await ids(index, 0, { dimensions: 3 })], [['of 2'], ['of 3']]);
      await index.remove(WALL, 'of 3', 3);
      equal([await ids(index, 0), await ids(index, 0, { dimensions: 3 })], [['of 2'], []]);
    },
  ],
  [
    'takes many at once',
    async ({ index, second = index }) => {
      const all = Array.from({ length: 180 }, (_, degrees) => degrees);
      await Promise.all(
        all.map(async (degrees) =>
          (degrees % 2 ? index : second).add(WALL, `at ${degrees}`, at(degrees), MINUTE),
        ),
      );
      const found = await Promise.all(all.map((degrees) => ids(second, degrees, { limit: 1 })));
      equal(
        found,
        all.map((degrees) => [`at ${degrees}`]),
      );
    },
  ],
];
