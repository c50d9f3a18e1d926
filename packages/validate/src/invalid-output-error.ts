import { Failure, InterposeError, type OutcomeUsage } from '@interpose/core';
import { cut, type Violation } from './violation.ts';

/** Why an answer was not asked for again. */
export type NotRepaired =
  /** It was asked for as often as `repair` says. */
  | 'attempts'
  /** Parts of it were handed on already. */
  | 'delivered'
  /** There was no time left for another attempt. */
  | 'deadline'
  /** Asking again failed; `cause` says of what. */
  | 'failed'
  /** The request cannot be sent again. */
  | 'not-replayable';

/** What an {@link InvalidOutputError} is made of. */
export interface InvalidOutputErrorOptions {
  readonly violations: readonly Violation[];
  readonly attempts: number;
  readonly stoppedEarly: boolean;
  readonly notRepaired: NotRepaired;
  readonly usage?: OutcomeUsage | undefined;
  readonly cause?: unknown;
}

/** An answer that is not valid, and could not be made so. It was not handed on, or its stream ends with this error. */
export class InvalidOutputError extends InterposeError {
  override readonly name = 'InvalidOutputError';
  declare readonly code: 'invalid_output';
  declare readonly failure: Failure;
  /** What is wrong with the last answer: where, and what was expected there. */
  readonly violations: readonly Violation[];
  /** Answers that were judged. */
  readonly attempts: number;
  /** Whether the stream was stopped before its end. */
  readonly stoppedEarly: boolean;
  readonly notRepaired: NotRepaired;
  /** What all attempts used together, as far as it is known. */
  declare readonly usage?: OutcomeUsage;

  constructor(options: InvalidOutputErrorOptions) {
    const { violations, attempts, stoppedEarly, notRepaired, usage, cause } = options;
    super(explain(options), {
      code: 'invalid_output',
      status: 422,
      failure: new Failure('invalid_output'),
      ...(cause !== undefined && { cause }),
    });
    this.violations = violations;
    this.attempts = attempts;
    this.stoppedEarly = stoppedEarly;
    this.notRepaired = notRepaired;
    if (usage) this.usage = usage;
  }
}

function explain({ violations, attempts, notRepaired }: InvalidOutputErrorOptions): string {
  const [first, ...more] = violations;
  const others = more.length > 0 ? ` (and ${more.length} more)` : '';
  const tried = attempts > 1 ? ` after ${attempts} attempts` : '';
  const why = notRepaired === 'failed' ? '; asking again failed' : '';
  return `The answer is not valid${tried}: ${first ? wordsOf(first) : 'it does not keep its rules'}${others}${why}`;
}

/** A violation in words: `items/0 of the answer must be string`. */
export function wordsOf({ path, expected, function: name }: Violation): string {
  const whole = name === undefined ? 'the answer' : `the arguments of ${name}`;
  return `${path === '' ? whole : `${cut(path, 80)} of ${whole}`} ${expected}`;
}

/** A violation as an error may show it. */
export function scrubbed(violation: Violation, scrub: (text: string) => string): Violation {
  return { ...violation, path: scrub(violation.path), expected: scrub(violation.expected) };
}
