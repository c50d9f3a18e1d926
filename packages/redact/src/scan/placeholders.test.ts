import { describe, expect, test } from 'vitest';
import { Placeholders } from './placeholders.ts';

const known = (): Placeholders => new Placeholders(['EMAIL', 'KEY_ID', 'V_2']);
const hash = '0123456789abcdef'.repeat(3);

/** The tokens of a text, those that are placeholders in quotation marks. */
const split = (text: string): string[] =>
  known()
    .split(text)
    .map((token) => (token.placeholder ? `"${token.text}"` : token.text));

describe('a placeholder', () => {
  test.each([
    '[EMAIL]',
    '[KEY_ID]',
    '[V_2]',
    '[EMAIL_3fa9c1]',
    '[KEY_ID_3fa9c1]',
    `[V_2_${hash.slice(0, 40)}]`,
  ])('is %s', (text) => {
    expect(known().at(`x${text}]`, 1)).toBe(text);
    expect(known().at(`x${text}]`, 0)).toBeUndefined();
  });

  test.each([
    ['is of a kind that there is', '[PHONE]'],
    ['is of a kind that there is, with its tail too', '[PHONE_3fa9c1]'],
    ['has no other tail', '[EMAIL_NEW]'],
    ['has no tail of a few digits', '[EMAIL_3fa9c]'],
    ['has no longer tail', `[EMAIL_${hash.slice(0, 41)}]`],
    ['has one tail', '[EMAIL_3fa9c1_3fa9c1]'],
    ['is in upper case', '[email]'],
    ['has an end', '[EMAIL'],
    ['has no blanks', '[EMAIL ]'],
    ['has a kind', '[]'],
  ])('%s', (_, text) => {
    expect(known().at(text, 0)).toBeUndefined();
  });
});

test('a text is taken apart at its placeholders, and none of its parts is empty', () => {
  expect(split('')).toEqual([]);
  expect(split('no [PHONE] [')).toEqual(['no [PHONE] [']);
  expect(split('[EMAIL]')).toEqual(['"[EMAIL]"']);
  expect(split('[EMAIL][V_2]')).toEqual(['"[EMAIL]"', '"[V_2]"']);
  expect(split('a [[EMAIL]] [EMAIL_3fa9c1]b')).toEqual(['a [', '"[EMAIL]"', '] ', '"[EMAIL_3fa9c1]"', 'b']);
});

describe('what is cut off may yet become a placeholder', () => {
  const beginnings = (text: string): string[] =>
    Array.from(text, (_, at) => text.slice(0, at)).filter((one) => one !== '');

  test.each(['[EMAIL]', '[V_2]', '[EMAIL_3fa9c1]', `[KEY_ID_${hash.slice(0, 40)}]`])('as %s', (text) => {
    for (const begun of beginnings(text)) expect([begun, known().mayBecome(begun, 0)]).toEqual([begun, true]);
    expect(known().mayBecome(`${text} [${text.slice(1, 3)}`, text.length + 1)).toBe(true);
  });

  test.each([
    ['with a blank in it', '[EM '],
    ['in lower case', '[em'],
    ['that begins otherwise', 'EM'],
    ['that is complete', '[PHONE]'],
    ['as long as the longest placeholder is, without its end', `[KEY_ID_${hash.slice(0, 40)}0`],
    ['that is longer', `[${'A'.repeat(100)}`],
  ])('but not one %s', (_, text) => {
    expect(known().mayBecome(text, 0)).toBe(false);
  });

  test('where there are no kinds, none is held for longer than a tail', () => {
    const none = new Placeholders([]);
    expect(none.at('[EMAIL]', 0)).toBeUndefined();
    expect(none.mayBecome(`[${'A'.repeat(41)}`, 0)).toBe(true);
    expect(none.mayBecome(`[${'A'.repeat(42)}`, 0)).toBe(false);
  });
});
