/** One stretch of a text, and what stands in its place. The stretches of a text are told in order, and are all of it. */
export interface Edit {
  readonly text: string;
  /** Absent where the text stays. */
  readonly by?: string;
}

/** Edits one text, which comes whole or bit by bit. */
export interface Editor {
  push(text: string): readonly Edit[];
  /** Ends the text. What comes after that is another one. */
  end(): readonly Edit[];
}

/** The text that edits make. */
export function edited(edits: readonly Edit[]): string {
  let result = '';
  for (const { text, by } of edits) result += by ?? text;
  return result;
}
