import { Failure, detour, type Interceptor } from '@interpose/core';
import { interceptorSuite, type SuiteCase } from '@interpose/testing';
import { describe, test } from 'vitest';
import { fallback, hedge, type FallbackTarget } from './index.ts';

// The suite's stream of events that nobody knows ends without the terminal event of responses. Such a stream
// is what fallback is there to notice.
const CUT = 'passes streams on as they are';

const without = (cases: readonly SuiteCase[], ...names: string[]): readonly SuiteCase[] =>
  cases.filter(({ name }) => !names.includes(name));

describe('fallback that has nothing to do', () => {
  const cases = interceptorSuite(() => fallback([{ model: 'other' }], { when: () => false }));
  for (const { name, run } of without(cases, CUT)) test(name, run);
});

/** Fails every first try, so that all answers are those of the target. */
const firstFails: Interceptor = (next) => (call) => {
  if (call.get(detour)) return next(call);
  throw new Failure('overloaded');
};

// What goes to another target has an idempotency key of its own.
const KEYED = 'sends each request as the caller gave it';

describe('fallback at work', () => {
  const target: FallbackTarget = { params: ({ params }) => params };
  const cases = interceptorSuite(() => [fallback([target]), firstFails]);
  for (const { name, run } of without(cases, CUT, KEYED)) test(name, run);
});

describe('hedge that has nothing to do', () => {
  for (const { name, run } of interceptorSuite(() => hedge({ after: '1h' }))) test(name, run);
});

describe('hedge that hedges every call', () => {
  const cases = interceptorSuite(() => hedge({ after: 0, maxShare: 1, shouldHedge: () => true }));
  for (const { name, run } of cases) test(name, run);
});
