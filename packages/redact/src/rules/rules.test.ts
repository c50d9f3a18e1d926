import { describe, expect, test } from 'vitest';
import { scanWith } from '../scan.test-support.ts';
import { defaultRules, furtherPersonalRules } from './index.ts';

const rules = [...defaultRules, ...furtherPersonalRules];

describe('each rule finds its own examples, and none of its near misses', () => {
  test.each(rules.map((rule) => [rule.id, rule] as const))('%s', (_, rule) => {
    const { match, noMatch } = rule.examples;
    expect(match.filter((text) => scanWith(rule, text).length !== 1)).toEqual([]);
    expect(noMatch.filter((text) => scanWith(rule, text).length > 0)).toEqual([]);
  });
});

test('ids are kebab-case and there is one of each', () => {
  const ids = rules.map(({ id }) => id);
  expect(ids.filter((id) => !/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(id))).toEqual([]);
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
});

test('what is found of a token is all of it', () => {
  const cut = rules
    .filter(({ pattern }) => !pattern.source.includes('(?<secret>'))
    .map((rule) => ({
      id: rule.id,
      whole: rule.examples.match[0] ?? '',
      found: scanWith(rule, rule.examples.match[0] ?? ''),
    }))
    .filter(({ whole, found }) => found[0]?.text !== whole);
  expect(cut.map(({ id, found }) => `${id}: ${found[0]?.text}`)).toEqual([]);
});

test('what is found of an assignment is its value', () => {
  const values = rules
    .filter(({ kind }) => kind === 'SECRET')
    .flatMap((rule) => rule.examples.match.flatMap((text) => scanWith(rule, text)))
    .filter(({ text }) => /["'`\s]$|^["'`\s=:]/.test(text) && !text.includes(' '));
  expect(values.map(({ rule, text }) => `${rule.id}: ${text}`)).toEqual([]);
});
