import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Candidate, Piece } from './found.ts';
import { NASTY, rule } from './nasty.test-support.ts';
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

/** What stays, what is replaced, and what is only told, piece by piece. */
const show = (pieces: readonly Piece[] | undefined): string[] | undefined =>
  pieces?.map(({ text, source, seen }) => {
    if (seen) return `!${seen.map(({ id }) => id).join('!')}`;
    return source ? `[${source.kind} ${text}]` : text;
  });

const mark = rule('mark', /#/);

test('a text has as many pieces as there is something in them', () => {
  const rules = new RuleSet([mark, rule('word', /ab/)]);
  expect(show(segmentPass(rules, 'nothing'))).toBeUndefined();
  expect(show(segmentPass(rules, ''))).toBeUndefined();
  expect(show(segmentPass(rules, '#'))).toEqual(['[MARK #]']);
  expect(show(segmentPass(rules, 'ab##ab'))).toEqual(['[WORD ab]', '[MARK #]', '[MARK #]', '[WORD ab]']);
  expect(show(segmentPass(rules, '.#.ab.'))).toEqual(['.', '[MARK #]', '.', '[WORD ab]', '.']);
});

test('what is far away is found as what is near', () => {
  const rules = new RuleSet([mark, rule('word', /[a-z]{2}(?<secret>[0-9])/)]);
  for (const far of [254, 255, 256, 257, 700, 5000].map((length) => '.'.repeat(length))) {
    expect(show(segmentPass(rules, `${far}ab1${far}#`))).toEqual([`${far}ab`, '[WORD 1]', far, '[MARK #]']);
    expect(show(segmentPass(rules, `#${far}ab1`))).toEqual(['[MARK #]', `${far}ab`, '[WORD 1]']);
  }
});

describe('a text is looked at four times, with what is left of it', () => {
  const last = rule('last', /[0-9](?![0-9#])/);

  test.each([
    ['before what is replaced', [mark, last], '123456#'],
    [
      'between things that hang together',
      [mark, last, rule('two', /q[0-9]{1,9}(?<secret>#)/), rule('q', /q/)],
      'q123456#',
    ],
  ])('%s', (_, rules, text) => {
    expect(render(segmentPass(new RuleSet(rules), text) ?? [])).toBe(
      `${text.startsWith('q') ? '[Q q]' : ''}123[LAST 4][LAST 5][LAST 6][MARK #]`,
    );
  });
});

test('what is left of a text that is looked at once stays', () => {
  const rules = new RuleSet([
    mark,
    rule('last', /[0-9](?![0-9#])/),
    rule('two', /q[0-9]{1,9}(?<secret>#)/),
    rule('q', /q/),
  ]);
  expect(show(segmentPass(rules, '12#', { looks: 0 }))).toEqual(['12', '[MARK #]']);
  expect(show(segmentPass(rules, 'q12#', { looks: 0 }))).toEqual(['[Q q]', '12', '[MARK #]']);
});

test('between things that hang together there is a text of its own', () => {
  const two = rule('two', /q[a-z]{1,9}(?<secret>#)/);
  const edge = rule('edge', /(?<!q)z[a-y](?!#)/);
  const rules = new RuleSet([two, rule('q', /q/), edge]);
  expect(show(segmentPass(rules, 'qzazb#'))).toEqual(['[Q q]', '[EDGE za]', '[EDGE zb]', '[TWO #]']);
});

describe('what detectors found', () => {
  const person = (start: number, end: number, more: Partial<Candidate> = {}): Candidate => {
    const source = { id: 'person', kind: 'PERSON' };
    return { source, priority: 0, rank: 9, from: start, start, end, ...more };
  };
  const rules = new RuleSet([
    rule('long', /[a-z]{3}=[0-9]{4,9}(?![a-z])/),
    rule('word', /(?<![a-z])id[0-9]/),
  ]);

  test('is replaced in texts in which no rule can find anything', () => {
    expect(show(segmentPass(rules, 'Jo', { more: [person(0, 2)] }))).toEqual(['[PERSON Jo]']);
    expect(show(segmentPass(rules, 'I, Jo', { more: [person(3, 5)] }))).toEqual(['I, ', '[PERSON Jo]']);
  });

  test('is replaced beside what rules find, and bounds it', () => {
    const text = 'id1 Joid2 key=1234Ann';
    const more = [person(4, 6), person(18, 21)];
    expect(show(segmentPass(rules, text, { more }))).toEqual([
      '[WORD id1]',
      ' ',
      '[PERSON Jo]',
      '[WORD id2]',
      ' ',
      '[LONG key=1234]',
      '[PERSON Ann]',
    ]);
  });

  test('hangs together with what rules find', () => {
    expect(show(segmentPass(rules, '. key=12345', { more: [person(0, 5), person(8, 9)] }))).toEqual([
      '[LONG . key=12345]',
    ]);
  });

  test('is told where it is only told, before what follows it', () => {
    const told = [person(0, 2, { told: true }), person(3, 6), person(7, 9, { told: true })];
    expect(show(segmentPass(rules, 'Jo Ann Al id1', { more: told }))).toEqual([
      '!person',
      'Jo ',
      '[PERSON Ann]',
      '!person',
      ' Al ',
      '[WORD id1]',
    ]);
    expect(show(segmentPass(rules, 'Jo', { more: told.slice(0, 1) }))).toEqual(['!person', 'Jo']);
  });
});

describe('the rest of a text, of which the beginning has left', () => {
  const rules = new RuleSet([
    mark,
    rule('behind', /(?<![a-z])id[0-9]/),
    rule('odd', /[xy]{3}/, { validate: ({ text }) => text === 'xyy' }),
  ]);
  const rest = (text: string, before: string, from = 0): string[] | undefined =>
    show(segmentPass(rules, text, { beginning: { before, from: () => from } }));

  test('is seen with the unit before it, which is no piece of it', () => {
    expect(rest('id1', '.')).toEqual(['[BEHIND id1]']);
    expect(rest('id1', 'a')).toBeUndefined();
    expect(rest('id1#', '.')).toEqual(['[BEHIND id1]', '[MARK #]']);
    expect(rest('id1#id1', 'a')).toEqual(['id1', '[MARK #]', '[BEHIND id1]']);
  });

  test('is looked through where the last match had ended', () => {
    expect(rest('yxyyx', 'x')).toBeUndefined();
    expect(rest('yxyyx', 'x', 1)).toEqual(['y', '[ODD xyy]', 'x']);
    expect(rest('yxyyx', 'x', 2)).toBeUndefined();
  });
});
