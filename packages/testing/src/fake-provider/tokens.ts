// A space belongs to the word after it, as in real tokenizers, so that joining the pieces gives the text back.
const PIECE = / ?[\p{L}\p{N}_]{1,12}| ?[^\s\p{L}\p{N}_]|\s/gu;

/**
 * Splits text into the fake model's tokens: a run of up to 12 letters, digits or underscores, or one other character,
 * either with the one space before it; whitespace left over is one token per character. Joined, they are the text.
 */
export function pieces(text: string): readonly string[] {
  return text.match(PIECE) ?? [];
}

/** Counts the tokens of a text, as {@link pieces} splits it. This is what `usage` reports. */
export function countTokens(text: string): number {
  return pieces(text).length;
}
