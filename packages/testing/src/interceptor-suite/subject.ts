import type { StackEntry } from '@interpose/core';

/** Makes the interceptor to be tested, anew each time: a plugin, a function, or a plugin with its services. */
export type SubjectFactory = () => StackEntry | readonly StackEntry[];

/** What an interceptor may do although it has nothing to do. */
export interface InterceptorSuiteOptions {
  /** It may answer a call that it has seen before without the provider: caches. @default false */
  readonly answersItself?: boolean;
  /**
   * It may hold back the end of a text, up to about 1,000 characters, until it knows how that goes on, so that
   * a stream says the same in other events: redactors. @default false
   */
  readonly holdsBackText?: boolean;
}

/** The interceptor that is tested, and what it may do. */
export interface Subject extends Required<InterceptorSuiteOptions> {
  entries(): readonly StackEntry[];
}

/** No interceptor at all: what all others are compared with. */
export const NOTHING: Subject = { entries: () => [], answersItself: false, holdsBackText: false };

/** One rule of the suite. */
export interface SuiteCase {
  /** A sentence that says what the interceptor does when it keeps the rule. */
  readonly name: string;
  /** Runs it. Rejects with an error that says what is wrong, and what to do. */
  readonly run: () => Promise<void>;
}

/** One rule, before it is known for whom. */
export type Rule = readonly [name: string, check: (subject: Subject) => Promise<void>];
