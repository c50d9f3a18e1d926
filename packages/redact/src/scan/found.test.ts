import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { spansOf, type Candidate, type Span } from './found.ts';

function candidate(id: string, start: number, end: number, more: Partial<Candidate> = {}): Candidate {
  return { source: { id, kind: id.toUpperCase() }, priority: 0, rank: 0, from: start, start, end, ...more };
}

const show = (spans: readonly Span[]): string =>
  spans.map(({ start, end, source }) => `${source.id} ${start}-${end}`).join(', ');

test.each([
  ['nothing of nothing', [], ''],
  ['one is a span', [candidate('a', 2, 5)], 'a 2-5'],
  ['what only touches stays apart', [candidate('a', 0, 3), candidate('b', 3, 5)], 'a 0-3, b 3-5'],
  ['what is far away too', [candidate('b', 7, 9), candidate('a', 0, 3)], 'a 0-3, b 7-9'],
  [
    'what hangs together is one, named after the longest',
    [candidate('a', 0, 3), candidate('b', 2, 6), candidate('c', 5, 8)],
    'b 0-8',
  ],
  [
    'after one overlap another may follow',
    [candidate('a', 0, 3), candidate('b', 2, 4), candidate('c', 4, 9), candidate('d', 8, 10)],
    'a 0-4, c 4-10',
  ],
  ['what is within another changes nothing', [candidate('a', 0, 9), candidate('b', 2, 4)], 'a 0-9'],
])('%s', (_, candidates, expected) => {
  expect(show(spansOf(candidates))).toBe(expected);
});

describe('of those that are equally long', () => {
  test.each([
    ['the highest priority', [candidate('a', 0, 3), candidate('b', 1, 4, { priority: 1 })], 'b 0-4'],
    ['no lower priority', [candidate('a', 0, 3), candidate('b', 0, 3, { priority: -1 })], 'a 0-3'],
    ['the leftmost', [candidate('b', 1, 4), candidate('a', 0, 3, { rank: 1 })], 'a 0-4'],
    ['of one place the first rule', [candidate('b', 0, 3, { rank: 1 }), candidate('a', 0, 3)], 'a 0-3'],
    ['and of one rank, as detectors are, the first', [candidate('a', 0, 3), candidate('b', 0, 3)], 'a 0-3'],
  ])('%s gives the name', (_, candidates, expected) => {
    expect(show(spansOf(candidates))).toBe(expected);
  });
});

test('spans are what candidates cover, apart from each other, in whatever order they come', () => {
  const candidates = fc.array(
    fc
      .tuple(fc.nat({ max: 20 }), fc.integer({ min: 1, max: 6 }))
      .map(([at, size]) => candidate('a', at, at + size)),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(candidates, (list) => {
      const spans = spansOf(list);
      const covered = (some: readonly { start: number; end: number }[], at: number): boolean =>
        some.some(({ start, end }) => start <= at && at < end);
      for (let at = 0; at < 30; at++) expect(covered(spans, at)).toBe(covered(list, at));
      // Never cut where a candidate goes on.
      for (const { end } of spans) expect(list.some((one) => one.start < end && end < one.end)).toBe(false);
      expect(spans.map(({ start }) => start)).toEqual(
        spans.map(({ start }) => start).toSorted((a, b) => a - b),
      );
    }),
  );
});
