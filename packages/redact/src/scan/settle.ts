import { append, type Piece } from './found.ts';
import type { RuleSet } from './rule-set.ts';
import { segmentPass, type Beginning } from './segment-pass.ts';

/**
 * How often what is left of a text is looked at again. What was no match in one word with a secret may be one beside a
 * placeholder, and then what stands before that. Rules with boundaries on both sides rarely need more than one look.
 */
export const LOOKS = 4;

/**
 * Looks again at what the last look left, up to the first thing that it replaced and between all others: placeholders
 * bound the text as its beginning and its end do. So nothing is left that another redaction would find.
 *
 * @param beginning of a text that is the rest of one.
 */
export function settle(
  rules: RuleSet,
  pieces: readonly Piece[] | undefined,
  beginning?: Beginning,
  looks: number = LOOKS - 1,
): readonly Piece[] | undefined {
  if (looks === 0 || !pieces?.some(({ source }) => source)) return pieces;
  const settled: Piece[] = [];
  let from = beginning;
  for (const piece of pieces) {
    const left = piece.source || piece.seen ? undefined : segmentPass(rules, piece.text, { beginning: from });
    append(settled, settle(rules, untold(left), from, looks - 1) ?? [piece]);
    if (!piece.seen) from = undefined;
  }
  return settled;
}

/** Without what the first look has told. */
function untold(pieces: readonly Piece[] | undefined): readonly Piece[] | undefined {
  return pieces?.filter(({ seen }) => !seen);
}
