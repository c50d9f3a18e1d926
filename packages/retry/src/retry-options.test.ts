import { ConfigurationError, controlLayer } from '@interpose/core';
import { expect, test } from 'vitest';
import { decorrelated, exponential, retry, type RetryOptions } from './index.ts';

const SPAN = "a duration such as 250, '250ms', '2s' or '1h'";

const WRONG: readonly (readonly [options: unknown, message: string])[] = [
  [null, 'retry: options must be an object, got null'],
  [[], 'retry: options must be an object, got []'],
  ['4', 'retry: options must be an object, got "4"'],
  [
    { attempts: 3 },
    'retry: unknown option attempts; known are maxAttempts, delay, maxDelay, shouldRetry, budget, respectRetryAfter, maxRetryAfter, onRetry',
  ],
  [{ maxAttempts: -1 }, 'retry: maxAttempts must be an integer >= 1, got -1'],
  [{ maxAttempts: 0 }, 'retry: maxAttempts must be an integer >= 1, got 0'],
  [{ maxAttempts: 2.5 }, 'retry: maxAttempts must be an integer >= 1, got 2.5'],
  [{ maxAttempts: Number.NaN }, 'retry: maxAttempts must be an integer >= 1, got NaN'],
  [{ maxAttempts: Infinity }, 'retry: maxAttempts must be an integer >= 1, got Infinity'],
  [{ maxAttempts: '3' }, 'retry: maxAttempts must be an integer >= 1, got "3"'],
  [{ maxAttempts: null }, 'retry: maxAttempts must be an integer >= 1, got null'],
  [{ delay: 500 }, 'retry: delay must be a function, got 500'],
  [{ delay: '1s' }, 'retry: delay must be a function, got "1s"'],
  [{ maxDelay: 'long' }, `retry: maxDelay must be ${SPAN}, got "long"`],
  [{ maxDelay: -1 }, `retry: maxDelay must be ${SPAN}, got -1`],
  [{ maxDelay: null }, `retry: maxDelay must be ${SPAN}, got null`],
  [{ shouldRetry: true }, 'retry: shouldRetry must be a function, got true'],
  [{ budget: true }, 'retry: budget must be an object or false, got true'],
  [{ budget: 10 }, 'retry: budget must be an object or false, got 10'],
  [{ budget: null }, 'retry: budget must be an object or false, got null'],
  [{ budget: [] }, 'retry: budget must be an object or false, got []'],
  [
    { budget: { ratio: 0.1 } },
    'retry budget: unknown option ratio; known are capacity, perSuccess, perMinute',
  ],
  [{ budget: { capacity: -1 } }, 'retry budget: capacity must be a finite number >= 0, got -1'],
  [{ budget: { capacity: Infinity } }, 'retry budget: capacity must be a finite number >= 0, got Infinity'],
  [{ budget: { perSuccess: '0.1' } }, 'retry budget: perSuccess must be a finite number >= 0, got "0.1"'],
  [{ budget: { perMinute: Number.NaN } }, 'retry budget: perMinute must be a finite number >= 0, got NaN'],
  [{ budget: { perMinute: Infinity } }, 'retry budget: perMinute must be a finite number >= 0, got Infinity'],
  [{ respectRetryAfter: 'no' }, 'retry: respectRetryAfter must be true or false, got "no"'],
  [{ maxRetryAfter: '1 minute' }, `retry: maxRetryAfter must be ${SPAN}, got "1 minute"`],
  [{ onRetry: 'log' }, 'retry: onRetry must be a function, got "log"'],
];

test.each(WRONG)('%j is refused when the layer is built', (options, message) => {
  let error: unknown;
  try {
    retry(options as RetryOptions);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error).toMatchObject({ message, code: 'invalid_option' });
});

test('undefined stands for the default, in every option', () => {
  const names = ['maxAttempts', 'delay', 'maxDelay', 'shouldRetry', 'budget', 'respectRetryAfter'] as const;
  const undef = Object.fromEntries([...names, 'maxRetryAfter', 'onRetry'].map((name) => [name, undefined]));
  expect(retry(undef as RetryOptions).describe?.()).toEqual(retry().describe?.());
  const budget = { capacity: undefined, perSuccess: undefined, perMinute: undefined };
  expect(retry({ budget } as never).describe?.()).toEqual(retry().describe?.());
});

test('the defaults are described as data and in one line', () => {
  const description = controlLayer([retry()]).describe();
  expect(description).toMatchObject({
    retries: true,
    units: [
      {
        name: 'retry',
        stage: 'recover',
        settings: {
          maxAttempts: 4,
          delay: 'exponential',
          maxDelay: '8s',
          shouldRetry: 'transient',
          budget: { capacity: 100, perSuccess: 0.1, perMinute: 5 },
          respectRetryAfter: true,
          maxRetryAfter: '60s',
        },
      },
    ],
  });
  expect(String(description).split('\n')[2]).toBe(
    '  │ retry  recover   maxAttempts=4 delay=exponential maxDelay=8s shouldRetry=transient ' +
      'budget={"capacity":100,"perSuccess":0.1,"perMinute":5} respectRetryAfter=true maxRetryAfter=60s',
  );
});

test('what was chosen is described, functions of the user as custom', () => {
  const delays = [decorrelated(), exponential(), () => 5].map(
    (delay) => retry({ delay }).describe?.()['delay'],
  );
  expect(delays).toEqual(['decorrelated', 'exponential', 'custom']);
  expect(
    retry({ maxAttempts: 2, shouldRetry: () => false, budget: { capacity: 1 }, maxDelay: 10 }).describe?.(),
  ).toMatchObject({
    maxAttempts: 2,
    maxDelay: 10,
    shouldRetry: 'custom',
    budget: { capacity: 1, perSuccess: 0.1, perMinute: 5 },
  });
  expect(retry({ budget: false }).describe?.()).toMatchObject({ budget: false });
});

test('it stands in the stage of recovery, once', () => {
  const plugin = retry();
  expect([plugin.name, plugin.stage, plugin.retries]).toEqual(['retry', 'recover', true]);
  expect(() => controlLayer([retry(), retry()])).toThrow(/^controlLayer: retry is in the stack twice/);
  const attempt = { name: 'keys', stage: 'attempt' as const };
  expect(() => controlLayer([attempt, retry()])).toThrow(
    /retry \(stage 'recover'\) must stand before keys \(stage 'attempt'\)/,
  );
});
