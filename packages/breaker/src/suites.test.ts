import { interceptorSuite } from '@interpose/testing';
import { describe, test } from 'vitest';
import { breaker } from './index.ts';

describe('breaker that has nothing to do', () => {
  for (const { name, run } of interceptorSuite(() => breaker({ shouldCount: () => false }))) test(name, run);
});

describe('breaker at work', () => {
  const trip = { share: 1, minCalls: 1_000_000 };
  for (const { name, run } of interceptorSuite(() => breaker({ trip }))) test(name, run);
});
