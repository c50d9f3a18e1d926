import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Matches } from './matches.ts';
import { rule } from './nasty.test-support.ts';
import { WatchedRule, placesOf } from './watched-rule.test-support.ts';

const LEAD = rule('lead', /(?<!a)key-[ab]{1,3}(?![b-])/i);
const NEAR = rule('near', /[a-k]{1,3}-at-[ab]{1,2}(?!b)/);
const FAR = rule('far', /(?<![-a])[abk]{1,9}@x[ab]{1,4}(?!b)/);
const LONG = rule('long', /[abk]{1,9}@x[ab.]{1,60}(?!b)/, { maxLength: 80 });
const CHOICE = rule('choice', /(?:key|[ab]{2,5}=at)-{0,9}[ab](?!a)/);
const TOLD = rule('told', /(?<!k)[a-z]{1,9}@[a-y-]{1,4}(?![a-y])/, { keywords: ['@'] });
const EVERYWHERE = rule('everywhere', /\b[abk]{2,4}\b/);
const RULES = [LEAD, NEAR, FAR, LONG, CHOICE, TOLD, EVERYWHERE];

/** Start and text of each match from some place on. */
function all(matches: Matches, from: number): [start: number, text: string][] {
  const list: [number, string][] = [];
  for (let match = matches.after(from); match; match = matches.after(match.end)) {
    const { found, start, end, origin } = match;
    expect([origin + found.index, end - start]).toEqual([start, found[0].length]);
    list.push([start, found[0]]);
  }
  return list;
}

describe('what is tried where the words stand is what is found everywhere', () => {
  const far = '.'.repeat(50);
  const bits = [
    'a',
    'b',
    'k',
    '-',
    '@x',
    '@',
    '-at-',
    '=at',
    'key',
    'KEY-',
    'bbb',
    ' ',
    'x',
    far,
    `@x${far}`,
  ];
  const texts = fc
    .array(fc.constantFrom(...bits), { minLength: 3, maxLength: 40, size: 'max' })
    .map((parts) => parts.join(''));

  test.each(RULES)('of a rule $id', (one) => {
    const watched = new WatchedRule(one);
    const plain = (text: string, barrier: number): [number, string][] =>
      Array.from(text.slice(barrier).matchAll(new RegExp(one.pattern, `${one.pattern.flags}g`)), (match) => [
        barrier + match.index,
        match[0],
      ]);
    expect(watched.anchor === undefined).toBe(one === EVERYWHERE);
    fc.assert(
      fc.property(
        texts,
        fc.nat({ max: 60 }),
        fc.nat({ max: 60 }),
        fc.nat({ max: 200 }),
        (text, a, b, cut) => {
          const matches = new Matches(watched, text, placesOf(watched, text));
          expect(all(matches, 0)).toEqual(plain(text, 0));
          // Back to the beginning, and then on.
          for (const barrier of [Math.min(a, b), Math.max(a, b)]) {
            matches.bound(barrier);
            const shorter = matches.until(text.slice(0, cut));
            expect(all(shorter, barrier)).toEqual(plain(text.slice(0, cut), barrier));
            expect(all(matches, barrier)).toEqual(plain(text, barrier));
            const sticky = new RegExp(one.pattern, `${one.pattern.flags}y`);
            for (let at = barrier; at <= text.length; at++) {
              sticky.lastIndex = at - barrier;
              expect(matches.here(at)?.found[0]).toBe(sticky.exec(text.slice(barrier))?.[0]);
            }
          }
        },
      ),
      { numRuns: 250 },
    );
  });
});

describe('looks at no more of a text than it has to', () => {
  const nothing = '.'.repeat(200);

  test('words at the beginning of matches are tried where they stand', () => {
    const lead = new WatchedRule(LEAD);
    const text = `${nothing}key-c${nothing}akey-b${nothing}key-a${nothing}`;
    const matches = new Matches(lead, text, [200, 406, 611]);
    expect(all(matches, 0)).toEqual([[611, 'key-a']]);
    expect(lead.tries.map(({ at, here }) => [at, here])).toEqual([
      [200, true],
      [406, true],
      [611, true],
    ]);
  });

  test('words that are near are tried where a match with one of them may begin', () => {
    const near = new WatchedRule(NEAR);
    const text = `${nothing}--at-a${nothing}`;
    expect(all(new Matches(near, text, [201]), 0)).toEqual([]);
    expect(near.tries.map(({ at, here }) => [at, here])).toEqual([
      [198, true],
      [199, true],
      [200, true],
    ]);
  });

  test('nothing is tried behind the end of a text that ends sooner', () => {
    for (const one of [LEAD, NEAR, FAR]) {
      const watched = new WatchedRule(one);
      const text = `${nothing}key-a-at-a@xa`;
      const matches = new Matches(watched, text, placesOf(watched, text));
      const place = placesOf(watched, text)?.[0] as number;
      expect(matches.until(text.slice(0, place)).after(0)).toBeUndefined();
      expect(watched.tries).toEqual([]);
    }
  });

  test('a match that has to begin with a word is not tried without one', () => {
    const lead = new WatchedRule(LEAD);
    const text = `${nothing}key-a`;
    const matches = new Matches(lead, text, [200]);
    expect(matches.here(199)).toBeUndefined();
    expect(lead.tries).toEqual([]);
    expect(matches.here(200)?.found[0]).toBe('key-a');
    // Others may begin before their words.
    const far = new WatchedRule(FAR);
    expect(new Matches(far, 'ab@xa', [2]).here(0)?.found[0]).toBe('ab@xa');
  });

  test('around a word that is far, what may belong to a match and one unit on both sides', () => {
    const far = new WatchedRule(FAR);
    const text = `${nothing}-@xa${nothing}a@x${nothing}`;
    const places = [201, 405];
    expect(all(new Matches(far, text, places), 0)).toEqual([]);
    expect(far.tries.map((one) => one.text)).toEqual(
      places.map((place) => text.slice(place - 9 - 1, place - 1 + far.longest + 1)),
    );
  });

  test('words that are passed are not looked at again', () => {
    const far = new WatchedRule(FAR);
    const text = `a@xa${nothing}a@xa${nothing}-@xb`;
    const matches = new Matches(far, text, placesOf(far, text));
    expect(matches.after(100)?.start).toBe(204);
    expect(far.tries.map((one) => one.text.includes('@xa'))).toEqual([true]);
    expect(matches.after(208)).toBeUndefined();
    expect(far.tries.map((one) => one.text.includes('@xb'))).toEqual([false, true]);
    // Nor that of a match that would have begun just before.
    expect(new Matches(far, '..a@xa', [3]).after(3)).toBeUndefined();
    expect(far.tries).toHaveLength(2);
  });

  test('words that stand together are looked at together, up to so many', () => {
    const far = new WatchedRule(FAR);
    const few = `${nothing}${'-@xa......'.repeat(40)}${nothing}`;
    expect(new Matches(far, few, placesOf(far, few)).after(0)).toBeUndefined();
    expect(far.tries).toHaveLength(1);

    const many = '-@xa......'.repeat(4000);
    const matches = new Matches(far, many, placesOf(far, many));
    const most = (): number => Math.max(...far.tries.map(({ text }) => text.length));
    expect(matches.after(0)).toBeUndefined();
    expect(far.tries.length).toBeLessThan(20);
    expect(most()).toBeLessThan(many.length / 5);
    // Nor where they are gone through anew.
    matches.bound(5);
    expect(matches.after(5)).toBeUndefined();
    expect(most()).toBeLessThan(many.length / 5);
  });
});
