import { Failure, InterposeError } from '@interpose/core';

/** What a {@link TrimError} is made of. */
export interface TrimErrorOptions {
  maxInputTokens: number;
  inputTokens: number;
  keptTokens: number;
}

/** A conversation could not be made to fit: what has to stay is too long by itself. It was not sent. */
export class TrimError extends InterposeError {
  override readonly name = 'TrimError';
  /** What a call may hold, in tokens. */
  readonly maxInputTokens: number;
  /** What it held, in tokens. */
  readonly inputTokens: number;
  /** What it would have held with all taken out that may be, in tokens. */
  readonly keptTokens: number;

  constructor({ maxInputTokens, inputTokens, keptTokens }: TrimErrorOptions) {
    super(
      `The call holds ${inputTokens} tokens and may hold ${maxInputTokens}, but what has to stay of it comes to ` +
        `${keptTokens}: instructions, tools, the last turn, and what is pinned. Shorten these, or ask a model with a ` +
        `longer context; onOverflow: 'pass' sends such calls as they are.`,
      {
        code: 'context_too_long',
        status: 400,
        failure: new Failure('context_length', { code: 'context_too_long' }),
      },
    );
    this.maxInputTokens = maxInputTokens;
    this.inputTokens = inputTokens;
    this.keptTokens = keptTokens;
  }
}
