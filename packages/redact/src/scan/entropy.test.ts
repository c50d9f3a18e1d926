import { expect, test } from 'vitest';
import { entropyOf } from './entropy.ts';

test('is as Shannon has it, also of letters of elsewhere', () => {
  expect(
    ['', 'aaaa', 'abab', 'abcd', 'aab', 'яю', '0123456789abcdef'].map((text) =>
      Number(entropyOf(text).toFixed(3)),
    ),
  ).toEqual([0, 0, 1, 2, 0.918, 1, 4]);
});
