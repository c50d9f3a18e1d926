import type { Rule } from '../rule.ts';

/** A rule without examples. */
export const rule = (id: string, pattern: RegExp, more: Partial<Rule> = {}): Rule => ({
  id,
  kind: id.toUpperCase(),
  pattern,
  maxLength: 30,
  examples: { match: [], noMatch: [] },
  ...more,
});

/** Rules that get in each other's way in every text of a few letters: few boundaries, many that fail after they matched. */
export const NASTY: readonly Rule[] = [
  rule('ahead', /ab{1,3}c(?!b)/),
  rule('behind', /(?<!a)c{2,4}/),
  rule('both', /(?<![ab])1[ab]{1,3}(?![ab])/),
  rule('word', /\b1c\b/),
  rule('even', /[ab]{3}/, { validate: ({ text }) => text.replaceAll('a', '').length % 2 === 0 }),
  rule('odd', /[bc1]{2,5}/, {
    validate: ({ text }) => text.length % 2 === 1 && text.startsWith('1'),
    priority: 1,
  }),
  rule('inner', /a{1,2}-?(?<secret>[bc]{1,3})1/),
  rule('fixed', /1-[ab](?=c|$)/),
  rule('late', /-[ab1]{4}-/, { entropy: 1.5 }),
  rule('told', /b1b/),
];
