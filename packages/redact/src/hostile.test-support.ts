import type { Rule } from './rule.ts';

/** Texts that, repeated, make a pattern work hard: what nearly matches, over and over. */
export function hostileTexts(rule: Rule): readonly (readonly [name: string, unit: string])[] {
  const [match = 'a'] = rule.examples.match;
  const half = match.slice(0, Math.ceil(match.length / 2));
  return [
    ['matches', match],
    ['matches apart', `${match} `],
    ['matches less an end', match.slice(0, -1)],
    ['matches with the wrong end', `${match.slice(0, -1)}~`],
    ['halves', half],
    ['beginnings', match.slice(0, 4)],
    ['one letter', 'a'],
    ['one digit', '4'],
    ['hexadecimal', '0a1b2c3d4e5f'],
    ['the first unit', match.slice(0, 1)],
    ['the last unit', match.slice(-1)],
    ['keywords', `${rule.keywords?.[0] ?? 'key'} `],
    ['keywords in one word', rule.keywords?.[0] ?? 'key'],
    ['dots', 'a.'],
    ['dashes', 'a-'],
    ['spaces', ' '],
  ];
}
