import { describe, expect, test } from 'vitest';
import { readPattern } from './pattern.test-support.ts';
import { defaultRules, furtherPersonalRules } from './index.ts';

const rules = [...defaultRules, ...furtherPersonalRules];

describe('each pattern is bounded, and never longer than it says', () => {
  test.each(rules.map((rule) => [rule.id, rule] as const))('%s', (_, rule) => {
    const { faults, maxLength } = readPattern(rule.pattern.source);
    expect(faults).toEqual([]);
    expect(rule.maxLength).toBeGreaterThanOrEqual(maxLength);
    expect(['', 'i']).toContain(rule.pattern.flags);
  });
});

test('each keyword is lower-case, and each match holds one', () => {
  const wrong = rules.flatMap(({ id, keywords, examples }) =>
    keywords === undefined
      ? []
      : [
          ...keywords.filter((keyword) => keyword !== keyword.toLowerCase() || keyword === ''),
          ...examples.match.filter(
            (text) => !keywords.some((keyword) => text.toLowerCase().includes(keyword)),
          ),
        ].map((fault) => `${id}: ${fault}`),
  );
  expect(wrong).toEqual([]);
});

test('the reader of patterns sees what is wrong with one', () => {
  expect(readPattern('a+(?:b{2,}|c)(?=de)(x)\\1').faults).toEqual([
    'unbounded: a+',
    'unbounded: b{2,}',
    'looks further than a character: (?=de)',
    'refers back: \\1',
  ]);
  expect(readPattern('(?<!a)[b-d]{2,4}(?:ef|g){0,3}h?\\b').maxLength).toBe(11);
});
