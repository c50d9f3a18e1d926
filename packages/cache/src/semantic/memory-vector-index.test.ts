import { fakeClock, seededRandom } from '@interpose/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memoryVectorIndex, type Neighbour, type VectorIndex } from './index.ts';
import { vectorIndexSuite } from './suite.ts';
import { unit } from './vector.ts';

const MINUTE = 60_000;
const ALL = { limit: 100_000, minSimilarity: 0.000_001 };

describe('in memory', () => {
  const suite = vectorIndexSuite(() => {
    const clock = fakeClock();
    return {
      index: memoryVectorIndex({ clock }),
      advance: (ms) => clock.advance(ms),
      close: async () => {},
    };
  });
  for (const { name, run } of suite) test(name, run);
});

/** The ids behind a wall, in the order of the alphabet. */
async function idsOf(index: VectorIndex, wall: string, vector = unit([1, 0])): Promise<string[]> {
  const near = await index.search(wall, vector, ALL);
  return near.map(({ id }) => id).toSorted();
}

test('nothing near is overlooked, whatever is added and removed, and the similarity is the cosine', () => {
  const vectors = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 9, maxLength: 9 });
  const usable = vectors.filter((vector) => vector.some((value) => value !== 0));
  const steps = fc.array(fc.record({ id: fc.nat(30), vector: usable, gone: fc.boolean() }), {
    maxLength: 80,
  });
  fc.assert(
    fc.property(
      steps,
      usable,
      fc.integer({ min: 1, max: 8 }),
      fc.double({ min: 0.1, max: 1, noNaN: true }),
      (all, asked, limit, minSimilarity) => {
        const index = memoryVectorIndex();
        const model = new Map<string, Float32Array>();
        for (const { id, vector, gone } of all) {
          if (gone) {
            void index.remove('wall', String(id), 9);
            model.delete(String(id));
          } else {
            void index.add('wall', String(id), unit(vector), MINUTE);
            model.set(String(id), unit(vector));
          }
        }
        const query = unit(asked);
        const near = index.search('wall', query, { limit, minSimilarity }) as readonly Neighbour[];
        const expected = [...model.values()]
          .map((vector) =>
            Math.min(
              1,
              Math.round(1e6 * query.reduce((sum, value, at) => sum + value * (vector[at] ?? 0), 0)) / 1e6,
            ),
          )
          .filter((similarity) => similarity >= minSimilarity)
          .toSorted((a, b) => b - a)
          .slice(0, limit);
        expect(near.map(({ similarity }) => similarity.toFixed(5))).toEqual(
          expected.map((similarity) => similarity.toFixed(5)),
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('many vectors come and go without a mistake', async () => {
  const random = seededRandom(7);
  const index = memoryVectorIndex();
  const vector = (): Float32Array => unit(Array.from({ length: 12 }, () => random.next() - 0.5));
  const all = Array.from({ length: 3000 }, vector);
  for (const [id, each] of all.entries()) await index.add('wall', String(id), each, MINUTE);
  for (let id = 0; id < 3000; id += 3) await index.remove('wall', String(id), 12);
  const found = await Promise.all(
    all.map(async (each) => (await index.search('wall', each, { limit: 1, minSimilarity: 0.999_99 }))[0]?.id),
  );
  expect(found).toEqual(all.map((_, id) => (id % 3 === 0 ? undefined : String(id))));
});

// Of 8 vectors of 2 numbers, with what it takes to keep them.
const BLOCK_BYTES = 8 * (4 * 3 + 200);

test('the wall that was not asked for the longest gives room, and others keep what they have', async () => {
  const index = memoryVectorIndex({ maxBytes: 3 * BLOCK_BYTES });
  for (const wall of ['a', 'b', 'c']) await index.add(wall, `of ${wall}`, unit([1, 0]), MINUTE);
  await idsOf(index, 'a');
  await index.add('d', 'of d', unit([1, 0]), MINUTE);
  expect(await Promise.all(['a', 'b', 'c', 'd'].map((wall) => idsOf(index, wall)))).toEqual([
    ['of a'],
    [],
    ['of c'],
    ['of d'],
  ]);
});

test('a wall that has all the room forgets what was not found for the longest', async () => {
  const index = memoryVectorIndex({ maxBytes: BLOCK_BYTES });
  for (const id of '12345678') await index.add('a', id, unit([1, Number(id) / 10]), MINUTE);
  const [found] = await index.search('a', unit([1, 0.1]), { limit: 1, minSimilarity: 0.9 });
  expect(found?.id).toBe('1');
  for (const id of ['9', '10']) await index.add('a', id, unit([1, 0]), MINUTE);
  expect(await idsOf(index, 'a')).toEqual(['1', '10', '4', '5', '6', '7', '8', '9']);
});

test('what is replaced takes no more room', async () => {
  const index = memoryVectorIndex({ maxBytes: BLOCK_BYTES });
  for (const id of '12345678') await index.add('a', id, unit([1, 0]), MINUTE);
  for (let time = 0; time < 20; time++) await index.add('a', '3', unit([1, 0.1]), MINUTE);
  expect(await idsOf(index, 'a')).toEqual('12345678'.split(''));
});

test('room that came free is used again', async () => {
  const index = memoryVectorIndex({ maxBytes: 2 * BLOCK_BYTES });
  for (let round = 0; round < 50; round++) {
    for (let id = 0; id < 16; id++) await index.add('a', String(id), unit([1, 0]), MINUTE);
    for (let id = 0; id < 16; id++) await index.remove('a', String(id), 2);
  }
  await index.add('a', 'first', unit([1, 0]), MINUTE);
  await index.add('b', 'second', unit([1, 0]), MINUTE);
  expect([await idsOf(index, 'a'), await idsOf(index, 'b')]).toEqual([['first'], ['second']]);
});

test('what has expired makes room when it is met', async () => {
  const clock = fakeClock();
  const index = memoryVectorIndex({ maxBytes: BLOCK_BYTES, clock });
  for (const id of '12345678') await index.add('a', id, unit([1, 0]), 1000);
  await clock.advance(1000);
  expect(await idsOf(index, 'a')).toEqual([]);
  for (const id of 'abcdefgh') await index.add('a', id, unit([1, 0]), 1000);
  expect(await idsOf(index, 'a')).toEqual('abcdefgh'.split(''));
});

test('what is larger than all the room is not kept, and drives nothing out', async () => {
  const index = memoryVectorIndex({ maxBytes: BLOCK_BYTES });
  await index.add('a', 'one', unit([1, 0]), MINUTE);
  await index.add('b', 'large', unit(new Float32Array(1000).fill(1)), MINUTE);
  expect(await index.search('b', unit(new Float32Array(1000).fill(1)), ALL)).toEqual([]);
  expect(await idsOf(index, 'a')).toEqual(['one']);
});

test('a wrong limit is told at once', () => {
  expect(() => memoryVectorIndex({ maxBytes: 0 })).toThrow(
    'memoryVectorIndex: maxBytes must be an integer >= 1, got 0',
  );
});
