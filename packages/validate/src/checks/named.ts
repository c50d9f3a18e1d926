import { ConfigurationError } from '@interpose/core';
import type { Check } from '../check.ts';

/** What all ready checks may be told. */
export interface CheckOptions {
  /** What it is called in errors, events and traces. @default the name of its function */
  name?: string;
  /** Whether an answer that fails is not handed on, or only told of. @default 'error' */
  severity?: 'error' | 'warn';
}

/** A check by its defaults, called and weighed as the options say. */
export function named(check: Check, { name = check.name, severity = 'error' }: CheckOptions): Check {
  return { ...check, name, severity };
}

/** @throws {ConfigurationError} where a condition on an argument does not hold. */
export function argument(check: string, holds: boolean, expected: string, got: unknown): void {
  if (!holds) throw ConfigurationError.option(check, 'its argument', expected, got);
}

/** The texts of an answer: itself, or the strings in its JSON. */
export function textsIn(answer: unknown): readonly string[] {
  if (typeof answer === 'string') return [answer];
  if (typeof answer !== 'object' || answer === null) return [];
  return Object.values(answer).flatMap(textsIn);
}
