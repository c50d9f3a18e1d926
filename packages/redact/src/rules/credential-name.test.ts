import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wordsOf, wordsOfAny } from './credential-name.ts';

test('names fall into words by case, digits and marks', () => {
  expect(['dbPassword_v2', 'AWSSecretKey', '9fK2mQx7L', '__', 'a1b2', 'пароль_db'].map(wordsOf)).toEqual([
    ['db', 'password', 'v', '2'],
    ['aws', 'secret', 'key'],
    ['9f', 'k2m', 'qx', '7l'],
    [],
    ['a', '1b', '2'],
    ['пароль', 'db'],
  ]);
});

test('in the same words, however they are found', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'B', '1', '2', '_', '.', ' ', '-') });
  fc.assert(
    fc.property(letters, (name) => {
      expect(wordsOf(name)).toEqual(wordsOfAny(name));
    }),
  );
});
