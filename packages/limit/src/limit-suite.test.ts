import { interceptorSuite } from '@interpose/testing';
import { describe, test } from 'vitest';
import { limit } from './index.ts';

describe('limit that has nothing to do', () => {
  for (const { name, run } of interceptorSuite(() => limit({ adaptive: false }))) test(name, run);
});

describe('limit that obeys the provider', () => {
  for (const { name, run } of interceptorSuite(() => limit())) test(name, run);
});

describe('limit at work', () => {
  const rate = { limit: 1_000_000, every: '1s' } as const;
  const make = () => limit({ requests: rate, tokens: { ...rate, limit: 1_000_000_000 }, concurrency: 1000 });
  for (const { name, run } of interceptorSuite(make)) test(name, run);
});
