import type { Check } from '../check.ts';
import { argument, named, type CheckOptions } from './named.ts';

/**
 * Answers are no longer than so many characters, as JavaScript counts them. Stops a stream at the one that is too many.
 *
 * @throws {ConfigurationError} where that is no integer of 1 or more.
 */
export function maxLength(characters: number, options: CheckOptions = {}): Check {
  argument('maxLength', Number.isInteger(characters) && characters >= 1, 'an integer >= 1', characters);
  const expected = `must not be longer than ${characters} characters`;
  return named(
    {
      name: 'maxLength',
      unfinished: true,
      test: ({ text }) => ({ pass: text.length <= characters, score: text.length, expected }),
      watch: () => {
        let length = 0;
        return (added) => {
          length += added.length;
          return length > characters ? expected : undefined;
        };
      },
    },
    options,
  );
}
