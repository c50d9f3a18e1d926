import type { Cursor } from './cursor.ts';
import { append, spansOf, type Candidate, type Piece, type Source, type Span } from './found.ts';
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
  /** How often what is left of it is looked at again. @default LOOKS - 1 */
  readonly looks?: number;
}

/**
 * How often a text is looked at, with what is left of it between things that were replaced. What was no match in one word
 * with a secret may be one beside a placeholder, and then what stands before that. Rules with boundaries on both sides
 * rarely need more than one look.
 */
export const LOOKS = 4;

/**
 * Looks through a text without placeholders. What stands between spans that are replaced are texts of their own:
 * placeholders bound them as a beginning and an end do, so that nothing is left that another redaction would find.
 * Returns undefined when there is nothing in it.
 */
export function segmentPass(
  rules: RuleSet,
  segment: string,
  { more, beginning, looks = LOOKS - 1 }: SegmentOptions = {},
): readonly Piece[] | undefined {
  if (segment.length < rules.shortest && !more) return undefined;
  const before = beginning?.before ?? '';
  const text = before + segment;
  const cursors = rules.cursors(text, more, beginning && ((rule) => before.length + beginning.from(rule)));
  return pass({ rules, text, begin: before.length, cursors, looks });
}

interface Look {
  readonly rules: RuleSet;
  readonly text: string;
  /** What is before that has left. */
  readonly begin: number;
  readonly cursors: readonly Cursor[];
  readonly looks: number;
}

function pass({ rules, text, begin, cursors, looks }: Look): readonly Piece[] | undefined {
  const replacing = cursors.filter(({ replaces }) => replaces);
  const telling = cursors.filter(({ replaces }) => !replaces);
  const pieces: Piece[] = [];
  let done = begin;
  for (let group = nextGroup(replacing); group.length > 0; group = nextGroup(replacing)) {
    const spans = spansOf(group);
    const [first, ...others] = spans as readonly [Span, ...Span[]];
    const end = (spans.at(-1) as Span).end;
    const seen = telling.flatMap((cursor) => passed(cursor, end));
    if (seen.length > 0) pieces.push({ text: '', seen });
    if (first.start > done) {
      const left: Look = { rules, text: text.slice(0, first.start), begin: done, cursors: replacing, looks };
      append(pieces, sooner(left) ?? [{ text: left.text.slice(done) }]);
    }
    pieces.push({ text: text.slice(first.start, first.end), source: first.source });
    done = first.end;
    for (const { start, end, source } of others) {
      if (start > done) append(pieces, lookAgain(rules, text.slice(done, start), looks));
      pieces.push({ text: text.slice(start, end), source });
      done = end;
    }
    for (const cursor of cursors) cursor.restart(end);
  }
  const seen = telling.flatMap((cursor) => passed(cursor, Infinity));
  if (seen.length > 0) pieces.push({ text: '', seen });
  if (pieces.length === 0) return undefined;
  // What is left at the end begins and ends where it was looked at.
  if (done < text.length) pieces.push({ text: text.slice(done) });
  return pieces;
}

/** Looks again at a text that was gone through before it ended where it ends now. */
function sooner({ looks, ...look }: Look): readonly Piece[] | undefined {
  if (looks === 0 || look.text.length - look.begin < look.rules.shortest) return undefined;
  const cursors = look.cursors.flatMap((cursor) => cursor.sooner(look.text) ?? []);
  return cursors.some(({ current }) => current) ? pass({ ...look, cursors, looks: looks - 1 }) : undefined;
}

/**
 * Looks again at what a look left between things that are replaced, without what it has told.
 *
 * @param beginning of a text that is the rest of one.
 */
export function lookAgain(
  rules: RuleSet,
  text: string,
  looks: number = LOOKS - 1,
  beginning?: Beginning,
): readonly Piece[] {
  const left = looks > 0 ? segmentPass(rules, text, { beginning, looks: looks - 1 }) : undefined;
  return left?.filter(({ seen }) => !seen) ?? [{ text }];
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
