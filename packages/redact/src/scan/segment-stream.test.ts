import { expect, test } from 'vitest';
import { TEST_RULES, noise } from '../redact.test-support.ts';
import type { Piece } from './found.ts';
import { RuleSet } from './rule-set.ts';
import { Scanner } from './scanner.ts';
import { LOOKS } from './segment-pass.ts';

const scanner = new Scanner(new RuleSet(TEST_RULES));
const longest = Math.max(...TEST_RULES.map(({ maxLength }) => maxLength));

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
  const rule = (id: string, pattern: RegExp) => ({
    id,
    kind: id.toUpperCase(),
    pattern,
    maxLength: 12,
    examples: { match: [], noMatch: [] },
  });
  const overlapping = new Scanner(new RuleSet([rule('first', /ab-cd;/), rule('second', /cd;[0-9]{1,8}x/)]));
  const show = (pieces: readonly Piece[]): string[] =>
    pieces.map(({ text, source }) => (source ? `[${source.kind}]` : text));
  const steps = (...parts: readonly string[]): string[][] => {
    const stream = overlapping.stream();
    return [...parts.map((part) => show(stream.push(part))), show(stream.end())];
  };
  expect(steps('ab-cd;1', '23', 'x.')).toEqual([[], [], ['[SECOND]', '.'], []]);
  expect(steps('ab-cd;1', '2', ' .')).toEqual([[], [], ['[FIRST]', '12 .'], []]);
  expect(steps('ab-cd; ', 'c')).toEqual([['[FIRST]', ' '], [], ['c']]);
  // What may begin right behind it is no reason to wait.
  expect(steps('ab-cd;ab', '')).toEqual([['[FIRST]'], [], ['ab']]);
});
