import fc from 'fast-check';
import { expect, test } from 'vitest';
import { globs } from './glob.ts';

test.each([
  ['a*', 'a', true],
  ['a*', 'abc', true],
  ['*a', 'ba', true],
  ['*a', 'ab', false],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['a*b*c', 'a-b-c', true],
  ['a*b*c', 'acb', false],
  ['a*b*bc', 'abc', false],
  ['**', '', true],
  ['a.c', 'abc', false],
  ['', '', true],
])('%j matches %j: %s', (pattern, name, expected) => {
  expect(globs([pattern])(name)).toBe(expected);
});

test('matches what the pattern says as a regular expression', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.'), maxLength: 8 });
  fc.assert(
    fc.property(
      letters,
      fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 }),
      (pattern, name) => {
        const expression = new RegExp(`^${pattern.replaceAll('.', String.raw`\.`).replaceAll('*', '.*')}$`);
        expect(globs([pattern])(name)).toBe(expression.test(name));
      },
    ),
  );
});
