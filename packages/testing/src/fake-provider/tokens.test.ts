import { expect, test } from 'vitest';
import { deltas } from './deltas.ts';
import { countTokens, pieces } from './tokens.ts';

test('words take the space before them, long words are split, marks stand alone', () => {
  expect(pieces('You said: hello  wörld\n🌍 internationalization')).toEqual([
    'You',
    ' said',
    ':',
    ' hello',
    ' ',
    ' wörld',
    '\n',
    '🌍',
    ' internationa',
    'lization',
  ]);
});

test.each(['', ' ', 'a\r\n\tb', '日本語。', '👩‍👩‍👧 \ud800 x', '  {"a": [1, 2]}  '])(
  'the pieces of %j add up',
  (text) => {
    expect(pieces(text).join('')).toBe(text);
    for (const size of [1, 2, 5]) {
      const all = deltas(text, size);
      expect(all.map((delta) => delta.text).join('')).toBe(text);
      expect(all.reduce((sum, delta) => sum + delta.tokens, 0)).toBe(countTokens(text));
    }
  },
);
