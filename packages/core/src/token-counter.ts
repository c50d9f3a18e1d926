import type { Call } from './call.ts';

/** Counts tokens before a call is sent. Some have to load first: then the answer is a promise. */
export interface TokenCounter {
  /** Tokens that a request's input comes to: all its messages, tools and images. Never less than what is billed, as far as that can be known. */
  input(call: Call): number | Promise<number>;
  /**
   * A bound of what `input` would say, found without a tokenizer: never less, perhaps several times as much. For whoever
   * has to know only that a call is far below a limit. Absent where there is none.
   */
  atMost?(call: Call): number;
  /** Tokens of a text, by the model's own encoding where that is known. */
  text(text: string, model?: string): number | Promise<number>;
}
