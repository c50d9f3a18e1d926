import { interceptorSuite, type SuiteCase } from '@interpose/testing';
import { describe, test } from 'vitest';
import { retry } from './index.ts';

// The suite's stream of events that nobody knows ends without the terminal event of responses. Such a stream
// is what retry is there to notice.
const CUT = 'passes streams on as they are';
// With retries on, an error reply is asked for again.
const AGAIN = 'passes error replies on as they are';

const without = (cases: readonly SuiteCase[], ...names: string[]): readonly SuiteCase[] =>
  cases.filter(({ name }) => !names.includes(name));

describe('retry that has nothing to do', () => {
  for (const { name, run } of without(
    interceptorSuite(() => retry({ maxAttempts: 1 })),
    CUT,
  ))
    test(name, run);
});

describe('retry at work', () => {
  const cases = interceptorSuite(() => retry({ delay: () => 1 }));
  for (const { name, run } of without(cases, CUT, AGAIN)) test(name, run);
});
