import type { Call, Params } from '@interpose/core';

/** What becomes of a request that breaks a rule: it is refused, mended, or told of and sent as it is. */
export type GuardAction = 'deny' | 'fix' | 'report';

/** What an error or an event may show of a request: names, numbers, yes and no. */
export type Shown = string | number | boolean | null;

/** One breach of a rule. */
export interface Violation {
  /** Where: the path in the params, a header, a tag. */
  readonly place: string;
  /** What was asked for; null where it is missing. Never text of a prompt. */
  readonly asked: Shown;
  /** What is allowed, in words. */
  readonly allowed: string;
}

/** One rule of a policy. */
export interface Rule {
  /** `models`, `forbid.tools`, `params`, ... */
  readonly id: string;
  readonly action: GuardAction;
  /** Among rules of one kind, the lower goes first. @default 0 */
  readonly rank?: number;
  /** What in a call breaks it. */
  find(call: Call): readonly Violation[] | Promise<readonly Violation[]>;
  /** The params without these breaches. Absent where nothing can be done about them. */
  mend?(call: Call, violations: readonly Violation[]): Params;
}

/** What one breach is, and what it is of, as errors and events tell it. */
export interface Breach extends Violation {
  readonly rule: string;
  /** The name of the policy, where it has one. */
  readonly policy?: string;
}

/** Nothing is wrong. */
export const NONE: readonly Violation[] = [];

/** A name out of a request, as far as it may be shown: models and tools have names of this sort, prompts do not. */
export function shownName(name: string): string {
  return /^[\w.:/@-]{1,100}$/.test(name) ? name : `a text of ${name.length} characters`;
}

/** A value out of a request, as far as it may be shown: texts may be anything. */
export function shownValue(value: unknown): Shown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'string') return `a text of ${value.length} characters`;
  return Array.isArray(value) ? `a list of ${value.length}` : 'an object';
}

/** A list in words: `a, b or c`. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
