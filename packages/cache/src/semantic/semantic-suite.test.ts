import { interceptorSuite } from '@interpose/testing';
import { describe, test } from 'vitest';
import { semanticCache } from './index.ts';

describe('semantic cache that keeps nothing', () => {
  const make = () => semanticCache({ threshold: 0.9, when: () => false });
  for (const { name, run } of interceptorSuite(make)) test(name, run);
});

describe('semantic cache at work', () => {
  // Every question means the same.
  const embed = (texts: readonly string[]): number[][] => texts.map(() => [1, 0]);
  const make = () => semanticCache({ threshold: 0.9, when: 'always', embed });
  for (const { name, run } of interceptorSuite(make, { answersItself: true })) test(name, run);
});

describe('semantic cache that finds nothing', () => {
  let asked = 0;
  // Each means something else.
  const embed = (texts: readonly string[]): number[][] =>
    texts.map(() => Array.from({ length: 512 }, (_, at) => (at === asked % 512 ? 1 : 0)));
  const make = () =>
    semanticCache({
      threshold: 0.9,
      when: 'always',
      embed: (texts) => {
        asked++;
        return embed(texts);
      },
    });
  for (const { name, run } of interceptorSuite(make)) test(name, run);
});
