import type { Cursor } from './cursor.ts';
import { append, spansOf, type Candidate, type Piece, type Source, type Span } from './found.ts';
import type { RuleSet } from './rule-set.ts';

/**
 * Looks through a whole text once. Returns undefined when there is nothing in it.
 *
 * @param more what detectors found in it, by its start, rising.
 */
export function wholePass(
  rules: RuleSet,
  text: string,
  more: readonly Candidate[] = [],
): readonly Piece[] | undefined {
  if (!text.includes('[')) return segmentPass(rules, text, more);
  const pieces: Piece[] = [];
  let any = false;
  let at = 0;
  for (const token of rules.placeholders.split(text)) {
    const end = at + token.text.length;
    const found = token.placeholder ? undefined : segmentPass(rules, token.text, within(more, at, end));
    if (found) {
      any = true;
      append(pieces, found);
    } else {
      pieces.push({ text: token.text });
    }
    at = end;
  }
  return any ? pieces : undefined;
}

/** Looks through a text without placeholders. What stands after a span that is replaced is a text of its own. */
export function segmentPass(
  rules: RuleSet,
  text: string,
  more: readonly Candidate[] = [],
): readonly Piece[] | undefined {
  const cursors = rules.cursors(text, more);
  const replacing = cursors.filter(({ replaces }) => replaces);
  const telling = cursors.filter(({ replaces }) => !replaces);
  const pieces: Piece[] = [];
  let done = 0;
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

function within(candidates: readonly Candidate[], from: number, to: number): readonly Candidate[] {
  if (candidates.length === 0) return candidates;
  return candidates
    .filter(({ start, end }) => start >= from && end <= to)
    .map((one) => ({ ...one, from: one.start - from, start: one.start - from, end: one.end - from }));
}
