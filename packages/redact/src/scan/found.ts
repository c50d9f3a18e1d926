import type { Rule } from '../rule.ts';

/** What a span was found by: a rule, or a detector. */
export type Source = Pick<Rule, 'id' | 'kind'>;

/** A span of a text that a rule or a detector found. */
export interface Candidate {
  readonly source: Source;
  readonly priority: number;
  /** The place of its rule among the others: the first wins where nothing else decides. */
  readonly rank: number;
  /** Where the match begins: what it was recognised by may stand before the span. */
  readonly from: number;
  readonly start: number;
  readonly end: number;
  /** Whether it is only told, and not replaced. Of what detectors found. */
  readonly told?: boolean;
}

/**
 * One stretch of a text that was looked at. The stretches of a text are told in order, and together they are all of it.
 */
export interface Piece {
  /** What stood there. */
  readonly text: string;
  /** What is to be replaced; absent where the text stays. */
  readonly source?: Source;
  /** What was seen there and is not to be replaced. */
  readonly seen?: readonly Source[];
}

/** A stretch of a text that is to be replaced. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly source: Source;
}

/**
 * Joins candidates that overlap into one span, from the first unit of them to the last. It is named after the longest of
 * them, of equals the one with the highest priority, of equals the leftmost, of equals the one whose rule comes first.
 */
export function spansOf(candidates: readonly Candidate[]): readonly Span[] {
  const [only] = candidates;
  if (only && candidates.length === 1) return [only];
  const spans: Span[] = [];
  let best: Candidate | undefined;
  let end = 0;
  for (const one of candidates.toSorted((a, b) => a.start - b.start)) {
    if (best && one.start < end) {
      end = Math.max(end, one.end);
      if (isBetter(one, best)) best = one;
      spans[spans.length - 1] = { ...(spans.at(-1) as Span), end, source: best.source };
    } else {
      best = one;
      end = one.end;
      spans.push({ start: one.start, end, source: best.source });
    }
  }
  return spans;
}

function isBetter(one: Candidate, other: Candidate): boolean {
  const longer = one.end - one.start - (other.end - other.start);
  if (longer !== 0) return longer > 0;
  if (one.priority !== other.priority) return one.priority > other.priority;
  return one.start === other.start && one.rank < other.rank;
}

/** Adds to a list, however much that is: what is spread has to fit on the stack. */
export function append<T>(list: T[], more: readonly T[]): void {
  for (const one of more) list.push(one);
}
