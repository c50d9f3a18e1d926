import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Candidate } from './found.ts';
import { ListCursor, RuleCursor, type Cursor } from './cursor.ts';
import { Matches } from './matches.ts';
import { NASTY, rule } from './nasty.test-support.ts';
import { WatchedRule, placesOf } from './watched-rule.test-support.ts';

type Place = readonly [from: number, start: number, end: number];
const place = ({ from, start, end }: Candidate): Place => [from, start, end];

/** What is good for something in a text that begins at `begin`, each with where the search goes on. */
function plainly(one: WatchedRule, text: string, begin: number): { place: Place; next: number }[] {
  const bounded = text.slice(begin);
  const list: { place: Place; next: number }[] = [];
  const pattern = new RegExp(one.rule.pattern, 'g');
  for (let match = pattern.exec(bounded); match; match = pattern.exec(bounded)) {
    const candidate = one.candidate(match, begin);
    if (candidate) list.push({ place: place(candidate), next: begin + pattern.lastIndex });
  }
  return list;
}

function all(cursor: Cursor): Place[] {
  const list: Place[] = [];
  for (let one = cursor.before(Infinity); one; one = cursor.before(Infinity)) {
    list.push(place(one));
    cursor.advance();
  }
  return list;
}

const cursorOf = (one: WatchedRule, text: string): RuleCursor =>
  new RuleCursor(new Matches(one, text, placesOf(one, text)), 0);

describe('what a rule finds', () => {
  const parts = fc.constantFrom('a', 'b', 'c', '1', '-', 'ab', 'b1', '1-', ' ');
  const texts = fc.array(parts, { minLength: 5, maxLength: 40, size: 'max' }).map((some) => some.join(''));
  /** How far is looked, how much of what is found there is replaced, and how far behind it the text begins anew. */
  const steps = fc.array(
    fc.record({ ahead: fc.nat({ max: 25 }), replaced: fc.nat({ max: 2 }), behind: fc.nat({ max: 4 }) }),
    { minLength: 1, maxLength: 8 },
  );

  test('is what a plain search finds in what is left, however the text begins anew and ends sooner', () => {
    const rules = NASTY.map((one) => new WatchedRule(one));
    fc.assert(
      fc.property(texts, fc.nat({ max: rules.length - 1 }), steps, (text, which, some) => {
        const one = rules[which] as WatchedRule;
        const cursor = cursorOf(one, text);
        let begin = 0;
        for (const { ahead, replaced, behind } of some) {
          let left = plainly(one, text, begin);
          const limit = begin + ahead;
          const [first] = left;
          const isBefore = first !== undefined && first.place[0] < limit;
          const found = cursor.before(limit);
          expect(found && place(found)).toEqual(isBefore ? first.place : undefined);
          if (!found) {
            // What others found was replaced.
            cursor.restart((begin = Math.min(limit, text.length)));
            continue;
          }
          const shorter = text.slice(0, found.start);
          expect(all(cursor.sooner(shorter) as Cursor)).toEqual(
            plainly(one, shorter, begin).map((plain) => plain.place),
          );
          for (let count = 0; count < replaced && left[0]; count++) {
            expect(place(cursor.before(Infinity) as Candidate)).toEqual(left[0].place);
            cursor.advance();
            begin = left[0].next;
            left = left.slice(1);
          }
          cursor.restart((begin = Math.min(Math.max(begin, found.end) + behind, text.length)));
        }
        expect(all(cursor)).toEqual(plainly(one, text, begin).map((plain) => plain.place));
      }),
      { numRuns: 8000 },
    );
  });

  test('is nothing more where it needs a unit before it that was replaced', () => {
    const one = new WatchedRule(rule('after', /(?<=a)b[0-9]/));
    const cursor = cursorOf(one, 'ab1ab2');
    expect(cursor.before(3)?.start).toBe(1);
    cursor.restart(1);
    expect(all(cursor)).toEqual([[4, 4, 6]]);
  });

  test('is only judged before the limit', () => {
    const judged: string[] = [];
    const validate = ({ text }: { text: string }): boolean => {
      judged.push(text);
      return text !== 'k0';
    };
    const one = new WatchedRule(rule('judged', /k[0-9]/, { validate }));
    const cursor = cursorOf(one, 'k0 k1 k2');
    expect(cursor.before(3)).toBeUndefined();
    expect(judged).toEqual(['k0']);
    expect(cursor.before(4)?.start).toBe(3);
    expect(cursor.before(3)).toBeUndefined();
    expect(judged).toEqual(['k0', 'k1']);
  });

  test('counts as beginning where it was recognised', () => {
    const one = new WatchedRule(rule('inner', /k=(?<secret>[0-9])/));
    expect(cursorOf(one, '.k=1').before(1)).toBeUndefined();
    expect(cursorOf(one, '.k=1').before(2)).toMatchObject({ from: 1, start: 3, end: 4 });
  });
});

describe('what is known is not looked for again', () => {
  const tries = ({ tries: list }: WatchedRule): string[] =>
    list.map(({ at, here }) => (here ? `at ${at}` : `from ${at}`));

  test('when it is asked for again', () => {
    const one = new WatchedRule(rule('even', /[a-z][0-9]/));
    const cursor = cursorOf(one, '...... k1 k2');
    expect(cursor.before(3)).toBeUndefined();
    expect(cursor.before(8)?.start).toBe(7);
    expect(cursor.before(9)?.start).toBe(7);
    expect(tries(one)).toEqual(['from 0']);
    cursor.advance();
    expect(cursor.before(12)?.start).toBe(10);
    cursor.advance();
    expect(cursor.before(12)).toBeUndefined();
    expect(cursor.before(12)).toBeUndefined();
    expect(tries(one)).toEqual(['from 0', 'from 9', 'from 12']);
  });

  test('when the text begins anew before it', () => {
    const one = new WatchedRule(rule('even', /[a-z][0-9]/));
    const cursor = cursorOf(one, '...... k1');
    cursor.before(3);
    for (const at of [3, 5, 7]) cursor.restart(at);
    expect(cursor.before(8)?.start).toBe(7);
    expect(tries(one)).toEqual(['from 0']);
    // There is none behind it either.
    cursor.advance();
    cursor.before(9);
    cursor.restart(9);
    expect(cursor.before(9)).toBeUndefined();
    expect(tries(one)).toEqual(['from 0', 'from 2']);
  });

  test('when only what begins right there may be another thing', () => {
    const one = new WatchedRule(rule('odd', /(?<![.a-z])[a-z][0-9]/));
    const cursor = cursorOf(one, '.x0.... k1');
    cursor.before(1);
    cursor.restart(3);
    expect(cursor.before(9)?.start).toBe(8);
    expect(tries(one)).toEqual(['from 0', 'at 0']);
    expect(one.tries.at(-1)?.text).toBe('.... k1');

    // What begins there is new, and what was next comes after it.
    const other = new WatchedRule(one.rule);
    const more = cursorOf(other, '.x0.... k1');
    more.before(1);
    more.restart(1);
    expect(all(more)).toEqual([
      [1, 1, 3],
      [8, 8, 10],
    ]);
    expect(tries(other)).toEqual(['from 0', 'at 0', 'from 9']);
  });

  test('when the text ends sooner', () => {
    const one = new WatchedRule(
      rule('none', /[a-z]{2}(?![0-9])/, { validate: ({ text }) => text.endsWith('z') }),
    );
    const text = `ab yz 1${' bc'.repeat(100)}`;
    const cursor = cursorOf(one, text);
    cursor.restart(5);
    expect(cursor.before(text.length)).toBeUndefined();
    const before = one.tries.length;
    const sooner = cursor.sooner(text.slice(0, -2)) as Cursor;
    expect(sooner.before(text.length)).toBeUndefined();
    expect(one.tries.length - before).toBeLessThan(3);
  });
});

describe('what was found by other means', () => {
  const found = [
    [1, 1, 3],
    [2, 4, 6],
    [8, 8, 9],
  ].map(([from = 0, start = 0, end = 0]): Candidate => {
    return { source: { id: 'names', kind: 'NAME' }, priority: 0, rank: 0, from, start, end };
  });

  test('is told in order, what begins before the limit', () => {
    const cursor = new ListCursor(found, true);
    expect(cursor.before(1)).toBeUndefined();
    expect(cursor.before(2)).toBe(found[0]);
    cursor.advance();
    expect(cursor.before(2)).toBeUndefined();
    expect(cursor.before(3)).toBe(found[1]);
    expect(all(cursor)).toEqual([
      [2, 4, 6],
      [8, 8, 9],
    ]);
    expect(cursor.before(Infinity)).toBeUndefined();
  });

  test('is forgotten where it was replaced, and stays behind it', () => {
    const cursor = new ListCursor(found, true);
    cursor.restart(1);
    expect(cursor.before(9)).toBe(found[0]);
    cursor.restart(4);
    expect(cursor.before(9)).toBe(found[1]);
    cursor.restart(5);
    expect(cursor.before(9)).toBe(found[2]);
    cursor.restart(9);
    cursor.restart(12);
    expect(cursor.before(Infinity)).toBeUndefined();
  });

  test('is nothing that is found again where the text ends sooner', () => {
    expect(new ListCursor(found, true).sooner()).toBeUndefined();
  });
});
