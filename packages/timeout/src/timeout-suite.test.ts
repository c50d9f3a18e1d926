import { interceptorSuite } from '@interpose/testing';
import { describe, test } from 'vitest';
import { deadline, timeout } from './index.ts';

describe('timeout that has nothing to do', () => {
  for (const { name, run } of interceptorSuite(() => timeout())) test(name, run);
});

describe('timeout at work', () => {
  const all = { attempt: '1m', headers: '1m', firstContent: '1m', betweenContent: '1m' } as const;
  for (const { name, run } of interceptorSuite(() => timeout(all))) test(name, run);
});

describe('deadline', () => {
  for (const { name, run } of interceptorSuite(() => deadline('1m'))) test(name, run);
});
