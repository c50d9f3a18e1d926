import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TEST_RULES, noise } from '../redact.test-support.ts';
import type { Piece } from './found.ts';
import { NASTY, rule } from './nasty.test-support.ts';
import { RuleSet } from './rule-set.ts';
import { Scanner } from './scanner.ts';
import { LOOKS } from './segment-pass.ts';

const scanner = new Scanner(new RuleSet(TEST_RULES));
const longest = Math.max(...TEST_RULES.map(({ maxLength }) => maxLength));

/** What stays, what is replaced, and what is only told, piece by piece. */
const show = (pieces: readonly Piece[]): string[] =>
  pieces.map(({ text, source, seen }) => {
    if (seen) return `!${seen.map(({ id }) => id).join('!')}`;
    return source ? `[${source.kind}]` : text;
  });

/** What leaves at each push, and at the end. */
function steps(by: Scanner, ...parts: readonly string[]): string[][] {
  const stream = by.stream();
  return [...parts.map((part) => show(stream.push(part))), show(stream.end())];
}

const streamed = (by: Scanner, parts: readonly string[]): string =>
  steps(by, ...parts)
    .flat()
    .join('');

/** A text in parts of some size. */
const cut = (text: string, size: number): string[] =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size));

/** The most that was held at a time, and all that was held in the end. */
function held(text: string, size: number): { most: number; last: number } {
  const stream = scanner.stream();
  let left = 0;
  let most = 0;
  let came = 0;
  for (let at = 0; at < text.length; at += size) {
    const part = text.slice(at, at + size);
    came += part.length;
    for (const piece of stream.push(part)) left += piece.text.length;
    most = Math.max(most, came - left);
  }
  return { most, last: came - left };
}

test('of prose no more is held than its last word', () => {
  const words = 'It was the best of times, it was the worst of times; nobody had asked for either. ';
  expect(held(words.repeat(20), 3)).toEqual({ most: 'either.'.length, last: 0 });
});

test.each([
  ['one long word', noise(50_000)],
  ['a wall of digits', '4'.repeat(50_000)],
  ['digits and spaces', '4242 '.repeat(10_000)],
  ['dots and at signs', 'a.b@'.repeat(10_000)],
  ['the beginnings of blocks', '-----BEGIN PRIVATE KEY-----\n'.repeat(2000)],
  ['the beginnings of placeholders', '[EMAIL_'.repeat(5000)],
  ['letters of elsewhere', 'доброе утро'.repeat(3000)],
])('of %s no more is held than looks at it need', (_, text) => {
  expect(held(text, 50).most).toBeLessThanOrEqual(LOOKS * longest + 50);
});

test('what is decided leaves at once', () => {
  const stream = scanner.stream();
  const push = (text: string) =>
    stream.push(text).map((piece) => (piece.source ? `[${piece.source.kind}]` : piece.text));
  expect(push('I am jane@mail.example.org')).toEqual(['I am ']);
  // The domain might have gone on.
  expect(push(', and')).toEqual(['[EMAIL]', ', ']);
  expect(push(' sk-not a key. ')).toEqual(['and sk-not a key. ']);
  expect(push('[EM')).toEqual([]);
  expect(push('AIL] ')).toEqual(['[EMAIL]', ' ']);
});

test('what hangs together with something that may yet come is held with it, and no longer', () => {
  const overlapping = new Scanner(new RuleSet([rule('first', /ab-cd;/), rule('second', /cd;[0-9]{1,8}x/)]));
  expect(steps(overlapping, 'ab-cd;1', '23', 'x.')).toEqual([[], [], ['[SECOND]', '.'], []]);
  expect(steps(overlapping, 'ab-cd;1', '2', ' .')).toEqual([[], [], ['[FIRST]', '12 .'], []]);
  expect(steps(overlapping, 'ab-cd; ', 'c')).toEqual([['[FIRST]', ' '], [], ['c']]);
  // What may begin right behind it is no reason to wait.
  expect(steps(overlapping, 'ab-cd;ab', '')).toEqual([['[FIRST]'], [], ['ab']]);
});

test('what begins while something waits to be decided is all replaced with it', () => {
  const chain = new Scanner(new RuleSet([rule('one', /a/), rule('three', /abc/), rule('five', /cdefg/)]));
  expect(steps(chain, 'abcdefg.')).toEqual([['[FIVE]', '.'], []]);
  expect(steps(chain, 'abc', 'def', 'g.')).toEqual([[], [], ['[FIVE]', '.'], []]);
});

test('at the end nothing is left behind what was replaced, nor anything made of it', () => {
  const digits = new Scanner(new RuleSet([rule('digits', /k[0-9]{1,3}/)]));
  expect(steps(digits, '.k1')).toEqual([['.'], ['[DIGITS]']]);
  expect(steps(digits, 'k1k2')).toEqual([['[DIGITS]'], ['[DIGITS]']]);
  expect(steps(digits, 'k1', 'k')).toEqual([[], ['[DIGITS]'], ['k']]);
  expect(steps(digits, '', '')).toEqual([[], [], []]);
});

test('a text is looked at four times, with what is left of it, before it may leave', () => {
  const rules = [
    rule('last', /[0-9](?![0-9#])/),
    rule('pair', /[xy]{2}(?![xy#])/),
    rule('first', /#!/),
    rule('second', /![a-z]{1,5}[?]/),
  ];
  const by = new Scanner(new RuleSet(rules));
  for (const end of ['#!.', '#!abc.', '#!abcdef', '#!ab?'])
    for (const [begin, expected] of [
      ['.123456', '.123[LAST][LAST][LAST]'],
      [`.${'xy'.repeat(6)}`, `.${'xy'.repeat(3)}[PAIR][PAIR][PAIR]`],
    ] as const) {
      const text = `${begin}${end}`;
      for (const size of [1, text.length]) {
        const out = streamed(by, cut(text, size));
        expect(out).toContain(expected);
        expect(out).toBe(show(by.whole(text) ?? []).join(''));
      }
    }
});

test('no match begins in another one, of which the beginning has left', () => {
  // Three by three none of them is good for anything, one further on each of them is.
  const three = rule('three', /[a-k]{3}/, { validate: ({ text }) => text === 'bba' });
  const by = new Scanner(new RuleSet([three, rule('mark', /#/)]));
  for (let length = 1; length < 36; length++)
    for (const size of [1, 2, 5]) {
      const text = 'abb'.repeat(12).slice(0, length);
      expect(streamed(by, cut(`${text}#`, size))).toBe(`${text}[MARK]`);
    }
});

test('a match that begins where text has left is looked at again where it ends sooner', () => {
  const four = rule('four', /[a-k]{2,5}/, { validate: ({ text }) => text.length === 4 });
  const by = new Scanner(new RuleSet([four, rule('mark', /bc#/)]));
  expect(steps(by, '..aaaabc', '#.')).toEqual([['..'], ['[FOUR]', '[MARK]', '.'], []]);
});

test('a long text that comes at once is gone through bit by bit', () => {
  const by = new Scanner(new RuleSet([rule('key', /k[0-9]{3}/)]));
  const far = '. '.repeat(400);
  expect(streamed(by, [`${far}k123${far}k456`, far])).toBe(`${far}[KEY]${far}[KEY]${far}`);
});

describe('no character is cut in two', () => {
  const by = new Scanner(new RuleSet([rule('key', /k[0-9]{3}/)]));

  test.each([
    ['the first', '\u{10000}'],
    ['some', '\u{1f388}'],
    ['the last', '\u{10ffff}'],
  ])('neither %s of two units', (_, character) => {
    const [first = '', second = ''] = character.split('');
    expect(steps(by, `x${first}`, `${second}y`)).toEqual([['x'], [`${character}y`], []]);
    expect(steps(by, 'x', first, second)).toEqual([['x'], [], [character], []]);
    expect(steps(by, 'xyz', first, second)).toEqual([['xyz'], [], [character], []]);
    expect(steps(by, first)).toEqual([[], [first]]);
    expect(steps(by, `${character}k`, '.')).toEqual([[character], ['k.'], []]);
  });

  test.each(['\ud7ff', '\udc00', '\udfff', '\ue000', '\uffff'])(
    'what is no first half leaves at once',
    (unit) => {
      expect(steps(by, 'x', unit, `y${unit}`)).toEqual([['x'], [unit], [`y${unit}`], []]);
    },
  );
});

test('what is only told is told once, in order, with what stands before it', () => {
  const rules = [rule('digit', /k[0-9]/), rule('letter', /k[a-z]/), rule('mark', /#mark-it;/)];
  const by = new Scanner(new RuleSet(rules, { replaces: ({ id }) => id === 'mark' }));
  expect(steps(by, 'k1kb', '.', '.')).toEqual([['!digit!letter', 'k1kb'], ['.'], ['.'], []]);
  expect(steps(by, 'k1#mark', '-it;', 'kb.#mark-it;')).toEqual([
    ['!digit', 'k1'],
    ['[MARK]'],
    ['!letter', 'kb.', '[MARK]'],
    [],
  ]);
  expect(steps(by, '#mark-it;k1', '.#mark-it;.k', 'a.')).toEqual([
    ['[MARK]', '!digit', 'k1'],
    ['.', '[MARK]', '.'],
    ['!letter', 'ka.'],
    [],
  ]);
  expect(steps(by, 'k', 'a.#mark-it;.#mark-it;')).toEqual([
    [],
    ['!letter', 'ka.', '[MARK]', '.', '[MARK]'],
    [],
  ]);
});

test('after its end a stream takes another text as if it was the first', () => {
  const by = new Scanner(new RuleSet(NASTY, { replaces: ({ id }) => id !== 'told' }));
  const texts = fc
    .array(fc.constantFrom('a', 'b', 'c', '1', '-', ' ', 'ab', '[WORD]', '['), { maxLength: 30, size: 'max' })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(
      fc.array(texts, { minLength: 2, maxLength: 3 }),
      fc.integer({ min: 1, max: 9 }),
      (some, size) => {
        const stream = by.stream();
        for (const text of some) {
          const parts = cut(text, size);
          expect([...parts.map((part) => show(stream.push(part))), show(stream.end())]).toEqual(
            steps(by, ...parts),
          );
        }
      },
    ),
    { numRuns: 2000 },
  );
});
