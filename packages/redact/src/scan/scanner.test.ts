import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EXAMPLES, TEST_RULES } from '../redact.test-support.ts';
import type { Rule } from '../rule.ts';
import type { Piece } from './found.ts';
import { RuleSet } from './rule-set.ts';
import { Scanner } from './scanner.ts';

const scanner = new Scanner(new RuleSet(TEST_RULES));

const render = (pieces: readonly Piece[]): string =>
  pieces.map(({ text, source }) => (source ? `[${source.kind}]` : text)).join('');
const whole = (text: string, by = scanner): string => render(by.whole(text) ?? [{ text }]);
function streamed(parts: readonly string[], by = scanner): string {
  const stream = by.stream();
  return render([...parts.flatMap((part) => stream.push(part)), ...stream.end()]);
}

test('finds what each rule says that it finds, and nothing else', () => {
  for (const rule of TEST_RULES) {
    for (const text of rule.examples.match) expect(whole(text)).toContain(`[${rule.kind}]`);
    for (const text of rule.examples.noMatch) expect(whole(text)).not.toContain(`[${rule.kind}]`);
  }
});

/** Bits of text that make trouble side by side. */
const bits = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...EXAMPLES.map(([, text]) => text)) },
  { weight: 2, arbitrary: fc.constantFrom(...TEST_RULES.flatMap(({ examples }) => examples.noMatch)) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      ' ',
      '',
      'a',
      '.',
      '-',
      '_',
      '@',
      '5',
      '\n',
      '"',
      "'",
      '=',
      ':',
      '[',
      ']',
      '[EMAIL]',
      '[EMAIL_3fa9c1]',
      '[CARD',
      'the quick brown fox ',
      'x@',
      '.com',
      'é',
      '🎈',
      '4242',
      'sk-',
      '-----BEGIN ',
      'token=',
      'password: ',
      'eyJ',
      '1.2.',
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
);
const texts = fc.array(bits, { maxLength: 9 }).map((parts) => parts.join(''));

describe('a text that comes bit by bit', () => {
  test('is what the whole is, wherever an example is cut in two', () => {
    for (const [, example] of EXAMPLES) {
      for (const [before, after] of [
        ['', ''],
        ['Use ', ' now.'],
        ['a', 'b'],
        ['.', '.'],
        ['x=[EMAIL]', '[IP]'],
      ]) {
        const text = `${before}${example}${after}`;
        const expected = whole(text);
        for (let cut = 0; cut <= text.length; cut++) {
          expect(streamed([text.slice(0, cut), text.slice(cut)])).toBe(expected);
        }
        expect(streamed(text.split(''))).toBe(expected);
      }
    }
  });

  test('is what the whole is, however it is cut', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat({ max: 60 }), { maxLength: 30 }), (text, lengths) => {
        const parts: string[] = [];
        let at = 0;
        for (const length of lengths) parts.push(text.slice(at, (at += length)));
        parts.push(text.slice(at));
        expect(streamed(parts)).toBe(whole(text));
        expect(streamed(text.split(''))).toBe(whole(text));
      }),
      { numRuns: 3000 },
    );
  });
});

test('finds nothing more in what it left', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const once = whole(text);
      expect(whole(once)).toBe(once);
    }),
    { numRuns: 5000 },
  );
});

test('leaves nothing out and makes nothing up', () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect((scanner.whole(text) ?? [{ text }]).map((piece) => piece.text).join('')).toBe(text);
    }),
  );
});

describe('what overlaps becomes one placeholder', () => {
  const rule = (id: string, pattern: RegExp, priority = 0): Rule => ({
    id,
    kind: id.toUpperCase(),
    pattern,
    maxLength: 20,
    priority,
    examples: { match: [], noMatch: [] },
  });
  test.each([
    ['the longest', 'xabcdefy', [rule('a', /abcd/), rule('b', /cdef/), rule('c', /bcdefy/)], 'x[C]'],
    ['the longest, whatever its priority', 'abcdef', [rule('a', /abc/, 9), rule('b', /bcdef/)], '[B]'],
    ['of equals the one of the highest priority', 'abcd', [rule('a', /abc/), rule('b', /bcd/, 1)], '[B]'],
    ['of equals the leftmost', 'abcd', [rule('b', /bcd/), rule('a', /abc/)], '[A]'],
    ['of equals the first', 'abc', [rule('b', /abc/), rule('a', /abc/)], '[B]'],
    ['and what only touches stays apart', 'abcd', [rule('b', /cd/), rule('a', /ab/)], '[A][B]'],
  ] as const)('named after %s', (_, text, rules, expected) => {
    const by = new Scanner(new RuleSet(rules));
    expect(whole(text, by)).toBe(expected);
    expect(streamed(text.split(''), by)).toBe(expected);
  });
});

test('a keyword of another alphabet is found, in any case', () => {
  const rule: Rule = {
    id: 'parol',
    kind: 'SECRET',
    pattern: /(?:пароль|пин)[:= ]{1,3}(?<secret>\S{4,20})/i,
    keywords: ['пароль', 'пин'],
    maxLength: 29,
    examples: { match: [], noMatch: [] },
  };
  const by = new Scanner(new RuleSet([rule]));
  for (const text of ['мой пароль: qwerty1 и', 'ПАРОЛЬ=qwerty1', 'ПИН 12345']) {
    expect(whole(text, by)).toContain('[SECRET]');
    expect(streamed(text.split(''), by)).toBe(whole(text, by));
  }
});
