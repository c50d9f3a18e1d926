import type { Call } from '@interpose/core';

/** A text of a request, as a check gets it. */
export interface CheckedText {
  readonly text: string;
  /** The path in the params: `messages.2.content`. */
  readonly place: string;
  /** `system`, `developer`, `user`, `assistant` or `tool`, where the wire says so. */
  readonly role: string | undefined;
}

/** What a check is asked. */
export interface CheckArgs {
  readonly texts: readonly CheckedText[];
  readonly call: Call;
  /** Aborts when the caller gives up, and when the time is over. */
  readonly signal: AbortSignal;
}

/** What a check found. */
export interface Finding {
  /** Where: the place of one of the texts. */
  readonly place: string;
  /** What, in a word or two joined by dashes: `override`. It is shown in errors, so never the text. */
  readonly reason: string;
}

/**
 * A judge of the texts of a request: a heuristic, a classifier, a service. What it throws, and what it takes too long
 * for, is a fault.
 */
export interface RequestCheck {
  /** The rule that it is, in kebab-case: `prompt-injection`. */
  readonly name: string;
  /** Whose texts it gets. @default ['user', 'tool']: what comes from outside */
  readonly roles?: readonly string[];
  check(args: CheckArgs): readonly Finding[] | Promise<readonly Finding[]>;
}
