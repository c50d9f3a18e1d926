import type { Check, Watch } from '../check.ts';
import { argument, named, textsIn, type CheckOptions } from './named.ts';
import { stateless } from './stateless.ts';

/**
 * Answers have none of these words or phrases in them, whatever their case, as words of their own; and no match of these
 * expressions. Of JSON, its strings are looked at as well as what the model wrote. A word stops a stream, an expression
 * is tried on the whole.
 *
 * @throws {ConfigurationError} where the list is empty, or has something else in it.
 */
export function noneOf(forbidden: readonly (string | RegExp)[], options: CheckOptions = {}): Check {
  const isEntry = (entry: unknown): boolean =>
    entry instanceof RegExp || (typeof entry === 'string' && entry !== '');
  argument(
    'noneOf',
    Array.isArray(forbidden) && forbidden.length > 0 && forbidden.every(isEntry),
    'a list of words and expressions',
    forbidden,
  );
  const words = forbidden.filter((entry) => typeof entry === 'string');
  const expressions = forbidden.filter((entry) => entry instanceof RegExp).map(stateless);
  const all = [...expressions, ...(words.length > 0 ? [wordPattern(words)] : [])];
  // Without the word: whoever reads the error need not be shown it.
  const expected = 'must have none of the words that are not allowed';
  return named(
    {
      name: 'noneOf',
      unfinished: true,
      test({ text, answer }) {
        const texts = typeof answer === 'string' ? [text] : [text, ...textsIn(answer)];
        return { pass: !texts.some((one) => all.some((pattern) => pattern.test(one))), expected };
      },
      ...(words.length > 0 && { watch: () => watching(words, expected) }),
    },
    options,
  );
}

const LETTER = String.raw`[\p{L}\p{N}_]`;

function wordPattern(words: readonly string[], end = '', flags = 'iu'): RegExp {
  const either = words.map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)).join('|');
  return new RegExp(`(?<!${LETTER})(?:${either})(?!${LETTER})${end}`, flags);
}

/** Looks at the end of the text alone: what went before was looked at. */
function watching(words: readonly string[], expected: string): Watch {
  // What is last may be the beginning of a longer word.
  const pattern = wordPattern(words, '(?=[^])', 'giu');
  // With the characters on both sides; some are longer in the other case.
  const enough = 2 * Math.max(...words.map(({ length }) => length)) + 4;
  let tail = '';
  let cut = false;
  return (added) => {
    const text = tail + added;
    tail = text.slice(-enough);
    // The first is there to be looked back at: what stood before it is not known any more.
    pattern.lastIndex = cut ? 1 : 0;
    cut ||= tail.length < text.length;
    return pattern.test(text) ? expected : undefined;
  };
}
