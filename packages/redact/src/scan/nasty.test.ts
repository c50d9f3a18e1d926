import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Piece } from './found.ts';
import { NASTY } from './nasty.test-support.ts';
import { RuleSet } from './rule-set.ts';
import { Scanner } from './scanner.ts';

const render = (pieces: readonly Piece[]): string =>
  pieces
    .map(({ text, source, seen = [] }) => (source ? `[${source.kind}]` : text) + '!'.repeat(seen.length))
    .join('');
const seen = (text: string): string => text.replaceAll(/[^!]/g, '');
const shown = (text: string): string => text.replaceAll('!', '');

test('streams say what wholes say, and leave nothing behind, of texts of a few letters', () => {
  // Every few rules by themselves as well: what one rule finds may hide what another does.
  const sets = [NASTY, ...NASTY.map((one, at) => [one, ...NASTY.slice(at + 1, at + 3)])].map((rules) => {
    const set = new RuleSet(rules, { replaces: ({ id }) => id !== 'told' });
    return new Scanner(set);
  });
  const letters = fc.constantFrom('a', 'b', 'c', '1', '-', ' ', 'a', 'b', '[WORD]', '[', 'é');
  const texts = fc
    .array(letters, { minLength: 5, maxLength: 40, size: 'max' })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(
      texts,
      fc.nat({ max: sets.length - 1 }),
      fc.array(fc.integer({ min: 1, max: 9 })),
      (text, which, lengths) => {
        const scanner = sets[which] as Scanner;
        const whole = render(scanner.whole(text) ?? [{ text }]);
        const stream = scanner.stream();
        const pieces: Piece[] = [];
        let at = 0;
        for (const length of lengths) pieces.push(...stream.push(text.slice(at, (at += length))));
        pieces.push(...stream.push(text.slice(at)), ...stream.end());
        expect(shown(render(pieces))).toBe(shown(whole));
        expect(seen(render(pieces))).toBe(seen(whole));
      },
    ),
    { numRuns: 15_000 },
  );
}, 60_000);
