import type { Check } from '../check.ts';
import { argument, named, type CheckOptions } from './named.ts';
import { stateless } from './stateless.ts';

/**
 * Answers match a regular expression, somewhere in their text.
 *
 * @throws {ConfigurationError} where it is none.
 */
export function matches(pattern: RegExp, options: CheckOptions = {}): Check {
  argument('matches', pattern instanceof RegExp, 'a regular expression', pattern);
  const tried = stateless(pattern);
  const expected = `must match ${String(pattern)}`;
  return named({ name: 'matches', test: ({ text }) => ({ pass: tried.test(text), expected }) }, options);
}
