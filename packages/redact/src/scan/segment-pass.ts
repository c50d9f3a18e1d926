import type { Cursor } from './cursor.ts';
import { spansOf, type Candidate, type Piece, type Source, type Span } from './found.ts';
import type { RuleSet } from './rule-set.ts';

/** How the rest of a text begins, of which the beginning has left. */
export interface Beginning {
  /** The unit before it. */
  readonly before: string;
  /** Where a rule looks first, by its number: matches do not overlap, and one may reach into the rest. */
  readonly from: (rule: number) => number;
}

/** What a look at a text may be told. */
export interface SegmentOptions {
  /** What detectors found in it, by its start, rising. @default nothing */
  readonly more?: readonly Candidate[];
  /** @default it is a text of its own */
  readonly beginning?: Beginning | undefined;
}

/**
 * Looks once through a text without placeholders. What stands after a span that is replaced is a text of its own.
 * Returns undefined when there is nothing in it.
 */
export function segmentPass(
  rules: RuleSet,
  segment: string,
  { more, beginning }: SegmentOptions = {},
): readonly Piece[] | undefined {
  if (segment.length < rules.shortest && !more) return undefined;
  const before = beginning?.before ?? '';
  const text = before + segment;
  const cursors = rules.cursors(text, more, beginning && ((rule) => before.length + beginning.from(rule)));
  const replacing = cursors.filter(({ replaces }) => replaces);
  const telling = cursors.filter(({ replaces }) => !replaces);
  const pieces: Piece[] = [];
  let done = before.length;
  for (let group = nextGroup(replacing); group.length > 0; group = nextGroup(replacing)) {
    const spans = spansOf(group);
    const end = (spans.at(-1) as Span).end;
    const seen = telling.flatMap((cursor) => passed(cursor, end));
    if (seen.length > 0) pieces.push({ text: '', seen });
    for (const span of spans) {
      if (span.start > done) pieces.push({ text: text.slice(done, span.start) });
      pieces.push({ text: text.slice(span.start, span.end), source: span.source });
      done = span.end;
    }
    for (const cursor of cursors) cursor.restart(end);
  }
  const seen = telling.flatMap((cursor) => passed(cursor, Infinity));
  if (seen.length > 0) pieces.push({ text: '', seen });
  if (pieces.length === 0) return undefined;
  if (done < text.length) pieces.push({ text: text.slice(done) });
  return pieces;
}

/**
 * The leftmost candidate that cursors have, with all that hang together with it: those whose matches, with what they are
 * recognised by, begin before it ends.
 */
function nextGroup(cursors: readonly Cursor[]): Candidate[] {
  let first: Candidate | undefined;
  for (const { current } of cursors) if (current && (!first || current.start < first.start)) first = current;
  if (!first) return [];
  const group: Candidate[] = [];
  let { end } = first;
  for (let before = -1; before < group.length;) {
    before = group.length;
    for (const cursor of cursors) {
      for (; cursor.current && cursor.current.from < end; cursor.advance()) {
        group.push(cursor.current);
        end = Math.max(end, cursor.current.end);
      }
    }
  }
  return group;
}

/** What a cursor that only tells has of matches that begin before `end`. */
function passed(cursor: Cursor, end: number): Source[] {
  const sources: Source[] = [];
  for (; cursor.current && cursor.current.from < end; cursor.advance()) sources.push(cursor.current.source);
  return sources;
}
