import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entropyOf } from './entropy.ts';

test('is as Shannon has it, also of letters of elsewhere', () => {
  expect(
    ['', 'aaaa', 'abab', 'abcd', 'aab', 'яю', '0123456789abcdef'].map((text) =>
      Number(entropyOf(text).toFixed(3)),
    ),
  ).toEqual([0, 0, 1, 2, 0.918, 1, 4]);
});

test('the same of short texts, which are counted another way', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'я', '1'), minLength: 1, maxLength: 24 });
  fc.assert(
    fc.property(text, (short) => {
      // Repeated, a text is of the same entropy.
      expect(entropyOf(short)).toBeCloseTo(entropyOf(short.repeat(25)), 9);
    }),
  );
});
