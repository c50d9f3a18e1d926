import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NASTY, rule } from './nasty.test-support.ts';
import type { Piece } from './found.ts';
import { RuleSet } from './rule-set.ts';
import { LOOKS, segmentPass } from './segment-pass.ts';

/** What is left is looked at again, all of it, as a text of its own. */
function plainly(rules: RuleSet, text: string, looks = LOOKS - 1): readonly Piece[] {
  const pieces = segmentPass(rules, text, { looks: 0 }) ?? [{ text }];
  if (looks === 0 || !pieces.some(({ source }) => source)) return pieces;
  return pieces.flatMap((piece) => (piece.source ? [piece] : plainly(rules, piece.text, looks - 1)));
}

const render = (pieces: readonly Piece[]): string =>
  pieces.map(({ text, source }) => (source ? `[${source.kind} ${text}]` : text)).join('');

test('to look again where the new end can be seen is to look again everywhere', () => {
  const rules = NASTY.filter(({ id }) => id !== 'told');
  const sets = [rules, ...rules.map((one, at) => [one, ...rules.slice(at + 1, at + 3)])].map(
    (some) => new RuleSet(some),
  );
  const texts = fc
    .array(fc.constantFrom('a', 'b', 'c', '1', '-', ' ', 'a', 'b', 'é'), {
      minLength: 5,
      maxLength: 60,
      size: 'max',
    })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(texts, fc.nat({ max: sets.length - 1 }), (text, which) => {
      const set = sets[which] as RuleSet;
      expect(render(segmentPass(set, text) ?? [{ text }])).toBe(render(plainly(set, text)));
    }),
    { numRuns: 15_000 },
  );
}, 60_000);

test('a text is gone through about once, whatever is replaced in it', () => {
  let asked = 0;
  // Tried everywhere, and so before what is found by its word.
  const words = rule('words', /(?<![a-z])[a-z]{3}[0-9](?![a-z])/, {
    validate() {
      asked++;
      return false;
    },
  });
  const rules = new RuleSet([words, rule('mail', /mail:[a-z]{1,9}/)]);
  const times = (text: string): number => {
    asked = 0;
    segmentPass(rules, text);
    return asked;
  };
  const far = 'some words. '.repeat(30);
  // Where there is one thing to be replaced, in the middle or at an end.
  const many = 'bad1 '.repeat(1000);
  for (const text of [`${many} mail:a ${many}`, `mail:a ${many}`, `${many} mail:a`])
    expect(times(text)).toBeLessThan(1.5 * text.split('bad1').length);
  // And where there are many, before or among what comes to nothing.
  expect(times(`${`mail:a ${far}`.repeat(200)}${'bad1 '.repeat(100)}`)).toBeLessThan(300);
  expect(times(`mail:a bad1 ${far}`.repeat(200))).toBeLessThan(1000);
});
