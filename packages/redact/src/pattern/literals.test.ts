import { expect, test } from 'vitest';
import { anchorOf } from './literals.ts';
import { parsePattern } from './parse-pattern.ts';
import { Units } from './units.ts';

const anchor = (pattern: RegExp): string => {
  const { words, nearest, farthest } = anchorOf(parsePattern(pattern), pattern.flags, new Units()) ?? {
    words: ['nothing'],
    nearest: 0,
    farthest: 0,
  };
  return `${words.join(' ')} ${nearest}-${farthest}`;
};

test('a pattern is looked for by the words that are in each of its matches', () => {
  expect(
    [
      /key_[a-z]{8}/,
      /[a-z]{2,8}_key/i,
      /(?:public[_-]?)?token[a-z]{1,9}/,
      /(?:pass|psw)(?:word)?\w{0,9}=/,
      /(?:\b(?:pin|PIN)|[a-z0-9](?:Pin))=/,
      /[a-z]{1,3}(?:abc|[0-9]def)/,
      /\d{1,3}(?:\.\d{1,3}){3}/,
      /[a-z]{1,9}/,
      /(?:abcd|[a-z]{2})/,
    ].map(anchor),
  ).toEqual([
    'key_ 0-0',
    '_key 2-8',
    'publi token 0-0',
    'pass psw 0-0',
    'pin 0-1',
    '0def 1def 2def 3def 4def 5def 6def 7def 8def 9def abc 1-3',
    '.0 .1 .2 .3 .4 .5 .6 .7 .8 .9 1-3',
    'nothing 0-0',
    'nothing 0-0',
  ]);
});
