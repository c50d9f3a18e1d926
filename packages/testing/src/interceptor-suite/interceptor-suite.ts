import { checkOptions, ConfigurationError, option } from '@interpose/core';
import { abort } from './abort.ts';
import { description } from './description.ts';
import { flow } from './flow.ts';
import { outcomes } from './outcomes.ts';
import { release } from './release.ts';
import { secrecy } from './secrecy.ts';
import type { InterceptorSuiteOptions, SubjectFactory, SuiteCase } from './subject.ts';
import { transparency } from './transparency.ts';
import { isVerdict } from './within.ts';

const RULES = [
  ...transparency,
  ...abort,
  ...outcomes,
  ...flow,
  ...release,
  ...secrecy,
  ...description,
] as const;

/**
 * Makes the tests that every interceptor passes, for any test runner:
 *
 * ```ts no-run
 * for (const { name, run } of interceptorSuite(() => myInterceptor())) test(name, run);
 * ```
 *
 * They run it in real layers over providers in this process, and look whether it keeps what the layers promise:
 * with nothing to do it is invisible, abort gets through, outcomes settle, streams flow, calls stay apart,
 * nothing is left behind, nothing leaks. All take a few seconds together.
 *
 * @param factory returns the interceptor anew at each call, configured so that it has nothing to do; in a list,
 * it may be accompanied by plugins that provide its services.
 * @throws {ConfigurationError} when `factory` is no function, or for a wrong option.
 */
export function interceptorSuite(
  factory: SubjectFactory,
  options: InterceptorSuiteOptions = {},
): readonly SuiteCase[] {
  checkOptions('interceptorSuite', options, { answersItself: option.boolean, holdsBackText: option.boolean });
  if (typeof factory !== 'function') {
    throw ConfigurationError.option(
      'interceptorSuite',
      'factory',
      'a function that returns a plugin',
      factory,
    );
  }
  const { answersItself = false, holdsBackText = false } = options;
  const subject = { entries: () => [factory()].flat(), answersItself, holdsBackText };
  return RULES.map(([name, check]) => ({ name, run: () => check(subject).catch(explain) }));
}

/** An error that comes out of a call that works without the interceptor is its own. */
function explain(error: unknown): never {
  if (isVerdict(error)) throw error;
  const message = `With the interceptor a call fails that works without it: ${String(error)}`;
  throw new Error(message, { cause: error });
}
