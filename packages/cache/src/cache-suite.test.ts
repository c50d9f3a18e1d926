import { interceptorSuite } from '@interpose/testing';
import { describe, test } from 'vitest';
import { cache } from './index.ts';

describe('cache that keeps nothing', () => {
  for (const { name, run } of interceptorSuite(() => cache({ when: () => false }))) test(name, run);
});

describe('cache at work', () => {
  const suite = interceptorSuite(() => cache({ when: 'always' }), { answersItself: true });
  for (const { name, run } of suite) test(name, run);
});
