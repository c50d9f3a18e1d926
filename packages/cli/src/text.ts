import { eastAsianWidth } from 'get-east-asian-width';

// Controls, among them those that a terminal obeys and those that turn the direction of writing, and all that is
// nothing to see.
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu;
const graphemes = new Intl.Segmenter('en');

/** A text with everything in it that is not to be seen written out: `\u{1b}`. */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, (unit) => `\\u{${(unit.codePointAt(0) ?? 0).toString(16)}}`);
}

/** How many columns of a terminal a text takes. */
export function width(text: string): number {
  return Array.from(graphemes.segment(text), ({ segment }) => widthOf(segment)).reduce((a, b) => a + b, 0);
}

/** The beginning of a text, with an ellipsis, where it takes more than so many columns. */
export function shortened(text: string, columns: number): string {
  let used = 0;
  let kept = '';
  for (const { segment } of graphemes.segment(text)) {
    const next = used + widthOf(segment);
    // With the last one that fits it is not known yet whether there is more.
    if (next > columns) return kept.slice(0, endOf(kept, columns - 1)) + (columns > 0 ? '…' : '');
    used = next;
    kept += segment;
  }
  return text;
}

/** Where to cut, to be within so many columns. */
function endOf(text: string, columns: number): number {
  let used = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    used += widthOf(segment);
    if (used > columns) return index;
  }
  return text.length;
}

/** Of one character as a reader sees it, of however many code points. */
function widthOf(grapheme: string): number {
  if (/^\p{M}+$/u.test(grapheme)) return 0;
  // Asks for the emoji where there is a letter of the same code.
  if (grapheme.includes('\u{fe0f}')) return 2;
  return eastAsianWidth(grapheme.codePointAt(0) ?? 0);
}
