import type { Cursor } from './cursor.ts';
import { append, spansOf, type Candidate, type Piece } from './found.ts';
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
  for (;;) {
    const spans = spansOf(nextGroup(replacing, done, text.length));
    tell(pieces, telling, spans.at(-1)?.end ?? text.length);
    if (spans.length === 0) break;
    for (const [index, { start, end, source }] of spans.entries()) {
      if (start > done) {
        const left =
          index === 0
            ? sooner({ rules, text: text.slice(0, start), begin: done, cursors: replacing, looks })
            : lookAgain(rules, text.slice(done, start), looks);
        if (left) append(pieces, left);
        else pieces.push({ text: text.slice(done, start) });
      }
      pieces.push({ text: text.slice(start, end), source });
      done = end;
    }
    for (const cursor of cursors) cursor.restart(done);
  }
  if (pieces.length === 0) return undefined;
  // What is left at the end begins and ends where it was looked at.
  if (done < text.length) pieces.push({ text: text.slice(done) });
  return pieces;
}

/** Adds what cursors that only tell have of matches that begin before `end`. */
function tell(pieces: Piece[], cursors: readonly Cursor[], end: number): void {
  for (const cursor of cursors) {
    for (let one = cursor.before(end); one; one = cursor.before(end)) {
      pieces.push({ text: '', seen: [one.source] });
      cursor.advance();
    }
  }
}

/** Looks again at a text that was gone through before it ended where it ends now. */
function sooner({ looks, ...look }: Look): readonly Piece[] | undefined {
  const { text, begin, rules } = look;
  if (looks === 0 || text.length - begin < rules.shortest) return undefined;
  const cursors = look.cursors.flatMap((cursor) => cursor.sooner(text) ?? []);
  // Most have nothing there, and then there is no need to go about it in order.
  if (!cursors.some((cursor) => cursor.before(text.length))) return undefined;
  return pass({ ...look, cursors, looks: looks - 1 });
}

/**
 * Looks again at what a look left between things that are replaced, without what it has told.
 *
 * @param beginning of a text that is the rest of one.
 */
export function lookAgain(
  rules: RuleSet,
  text: string,
  looks: number,
  beginning?: Beginning,
): readonly Piece[] {
  const left = looks > 0 ? segmentPass(rules, text, { beginning, looks: looks - 1 }) : undefined;
  return left?.filter(({ seen }) => !seen) ?? [{ text }];
}

// How far is looked for the next candidate at first. Whatever stands behind it may have to be looked for again.
const STEP = 256;

/**
 * The leftmost candidate that cursors have, with all that hang together with it: those whose matches, with what they are
 * recognised by, begin before it ends.
 */
function nextGroup(cursors: readonly Cursor[], from: number, length: number): Candidate[] {
  const first = leftmost(cursors, from, length);
  if (!first) return [];
  const group: Candidate[] = [];
  let { end } = first;
  for (let before = -1; before < group.length;) {
    before = group.length;
    for (const cursor of cursors) {
      for (let one = cursor.before(end); one; one = cursor.before(end)) {
        group.push(one);
        end = Math.max(end, one.end);
        cursor.advance();
      }
    }
  }
  return group;
}

/** The candidate that begins first; of equals that of the first cursor. */
function leftmost(cursors: readonly Cursor[], from: number, length: number): Candidate | undefined {
  for (let step = STEP; ; step *= 2) {
    const limit = from + step;
    let first: Candidate | undefined;
    for (const cursor of cursors) {
      const one = cursor.before(first ? Math.min(limit, first.start) : limit);
      if (one && (!first || one.start < first.start)) first = one;
    }
    // What begins before the limit may be recognised by what is before it, and stand behind others.
    if (first && first.start < limit) return first;
    if (limit >= length) return first;
  }
}
