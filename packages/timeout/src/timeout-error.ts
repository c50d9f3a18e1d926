import { Failure, InterposeError, type FailureKind } from '@interpose/core';

/** A clock that may run out. */
export type ClockName = 'attempt' | 'headers' | 'firstContent' | 'betweenContent' | 'deadline';

/** What a {@link TimeoutError} is made of. */
export interface TimeoutErrorOptions {
  clock: ClockName;
  /** How long it runs, in milliseconds. */
  limitMs: number;
  /** How long the attempt, or of a deadline the call, had taken, in milliseconds. */
  elapsedMs: number;
  /** Whether the answer had begun. */
  answered: boolean;
  /** Characters of text that had come. */
  receivedCharacters: number;
}

/** A clock ran out. What had been handed on by then stays; before that, the call may be sent again. */
export class TimeoutError extends InterposeError {
  override readonly name = 'TimeoutError';
  declare readonly failure: Failure;
  /** Which clock. */
  readonly clock: ClockName;
  /** How long it runs, in milliseconds. */
  readonly limitMs: number;
  /** How long the attempt, or of a deadline the call, had taken, in milliseconds. */
  readonly elapsedMs: number;
  /** Whether the provider's headers had come. */
  readonly answered: boolean;
  /** Characters of text that had come. */
  readonly receivedCharacters: number;

  constructor({ clock, limitMs, elapsedMs, answered, receivedCharacters }: TimeoutErrorOptions) {
    const { code, kind, words } = CLOCKS[clock];
    const far = answered
      ? `${receivedCharacters} characters of the answer had come`
      : 'it had not begun to answer';
    super(`${words(limitMs)} (${clock}); ${far}`, { code, status: 504, failure: new Failure(kind) });
    this.clock = clock;
    this.limitMs = limitMs;
    this.elapsedMs = elapsedMs;
    this.answered = answered;
    this.receivedCharacters = receivedCharacters;
  }
}

interface ClockWords {
  readonly code: string;
  readonly kind: FailureKind;
  readonly words: (ms: number) => string;
}

const CLOCKS: Readonly<Record<ClockName, ClockWords>> = {
  attempt: {
    code: 'attempt_timeout',
    kind: 'timeout',
    words: (ms) => `The provider was not through with the attempt in ${ms} ms`,
  },
  headers: {
    code: 'headers_timeout',
    kind: 'timeout',
    words: (ms) => `The provider sent no headers in ${ms} ms`,
  },
  firstContent: {
    code: 'first_content_timeout',
    kind: 'stalled',
    words: (ms) => `The provider sent no content in ${ms} ms`,
  },
  betweenContent: {
    code: 'content_stalled',
    kind: 'stalled',
    words: (ms) => `The provider sent no more content for ${ms} ms`,
  },
  deadline: {
    code: 'deadline_exceeded',
    kind: 'timeout',
    words: (ms) => `The call was not over in ${ms} ms`,
  },
};
