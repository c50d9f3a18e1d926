import { describe, expect, test } from 'vitest';
import { broken } from './broken.test-support.ts';
import { careful } from './careful.test-support.ts';
import { interceptorSuite } from './interceptor-suite.ts';
import type { InterceptorSuiteOptions, SubjectFactory } from './subject.ts';

const GOOD: Record<string, readonly [SubjectFactory, InterceptorSuiteOptions?]> = {
  'does nothing': [() => (next) => next],
  'only describes itself': [() => ({ name: 'quiet' })],
  watches: [careful.watcher],
  'waits for content': [careful.committed],
  'times out': [careful.timeout],
  caches: [careful.cache, { answersItself: true }],
  redacts: [careful.redactor, { holdsBackText: true }],
};

describe.each(Object.entries(GOOD))('an interceptor that %s', (_, [factory, options]) => {
  for (const { name, run } of interceptorSuite(factory, options)) test(name, run);
});

async function verdicts(factory: SubjectFactory): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  await Promise.all(
    interceptorSuite(factory).map(({ name, run }) =>
      run().catch((error: Error) => {
        found[name] = error.message;
      }),
    ),
  );
  return found;
}

test.each(Object.keys(broken))(
  'one that %s is caught',
  async (name) => {
    console.log(name, Object.keys(await verdicts(broken[name]!)));
  },
  60_000,
);
