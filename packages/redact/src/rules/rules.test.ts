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
