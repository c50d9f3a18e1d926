import { inspect } from 'node:util';
import { InterposeError, findInterposeError } from '@interpose/core';
import { expect, test } from 'vitest';
import { failing, networkError, stackOf } from './retry.test-support.ts';
import { RetryError, type RetryOptions } from './index.ts';
import type { ScriptedAnswer } from '@interpose/testing';

const PROMPT = 'the prompt of the user';
const KEY = 'sk-of-the-user';

async function errorOf(answers: readonly ScriptedAnswer[], options: RetryOptions): Promise<RetryError> {
  const stack = stackOf(answers, { delay: () => 100, ...options });
  const { error } = await stack.ask(
    { messages: [{ role: 'user', content: PROMPT }], stream: true },
    { headers: { authorization: `Bearer ${KEY}` } },
  );
  return error as RetryError;
}

const limited = failing(429, 'rate_limit_exceeded', { 'retry-after-ms': '250', 'x-request-id': 'req_1' });

const CASES: readonly (readonly [
  name: string,
  answers: readonly ScriptedAnswer[],
  options: RetryOptions,
  fields: object,
])[] = [
  [
    'attempts are used up by an error status',
    [limited, limited],
    { maxAttempts: 2, respectRetryAfter: false },
    {
      message: 'Gave up after 2 attempts; the last one failed: 429 rate_limited (rate_limit_exceeded)',
      code: 'retries_exhausted',
      status: 429,
      attempts: 2,
      waitedMs: 100,
      retryAfterMs: 250,
      failure: { kind: 'rate_limited', code: 'rate_limit_exceeded', requestId: 'req_1' },
    },
  ],
  [
    'attempts are used up by a broken connection',
    [networkError(), networkError(), networkError('ECONNREFUSED')],
    { maxAttempts: 3 },
    {
      message: 'Gave up after 3 attempts; the last one failed: network (ECONNREFUSED)',
      code: 'retries_exhausted',
      status: 502,
      attempts: 3,
      waitedMs: 200,
      failure: { kind: 'network' },
    },
  ],
  [
    'attempts are used up by streams that were cut before their first content',
    [
      { events: [], done: false },
      { events: [], done: false },
    ],
    { maxAttempts: 2 },
    {
      message: 'Gave up after 2 attempts; the last one failed: truncated',
      code: 'retries_exhausted',
      status: 502,
      failure: { kind: 'truncated' },
    },
  ],
  [
    'the provider asks to wait too long',
    [limited],
    { maxRetryAfter: 249 },
    {
      message:
        'The provider asks to wait 250 ms, longer than maxRetryAfter (249 ms); gave up after 1 attempt: 429 rate_limited (rate_limit_exceeded)',
      code: 'retry_after_too_long',
      status: 429,
      attempts: 1,
      waitedMs: 0,
      retryAfterMs: 250,
    },
  ],
  [
    'the budget is spent',
    [failing(503)],
    { budget: { capacity: 0 } },
    {
      message:
        'The retry budget of the layer is spent, too many calls fail; gave up after 1 attempt: 503 overloaded (x)',
      code: 'retry_budget_exhausted',
      status: 503,
      attempts: 1,
      waitedMs: 0,
    },
  ],
];

test.each(CASES)('when %s, the error says so', async (_, answers, options, fields) => {
  const error = await errorOf(answers, options);
  expect(error).toBeInstanceOf(RetryError);
  expect(error).toBeInstanceOf(InterposeError);
  expect(error).toMatchObject({ name: 'RetryError', ...fields });
  expect(error.cause).toBe(error.failure);
  expect(findInterposeError(new Error('of a client', { cause: error }))).toBe(error);
  expect('retryAfterMs' in error).toBe('retryAfterMs' in fields);
});

test.each(CASES)(
  'when %s, no text of the call or of the provider is in the error',
  async (_, answers, options) => {
    const error = await errorOf(answers, options);
    const shown = [
      inspect(error, { depth: 20, showHidden: true }),
      JSON.stringify(error),
      String(error.stack),
    ];
    for (const text of shown) {
      for (const secret of [PROMPT, KEY, 'secret words']) expect(text).not.toContain(secret);
    }
  },
);

test('every kind of failure that is given up on has its status', async () => {
  const kinds: string[] = [];
  const replies: readonly ScriptedAnswer[] = [
    ...[408, 409, 429, 500, 503, 504, 529].map((status) => failing(status)),
    networkError('ETIMEDOUT'),
    networkError(),
    { events: [{ error: { code: 'server_error' } }] },
    { events: [{ error: { code: 'rate_limit_exceeded' } }] },
    { error: { type: 'overloaded_error' } },
  ];
  for (const reply of replies) {
    const { failure, status } = await errorOf([reply], { budget: { capacity: 0 } });
    kinds.push(`${failure.kind} ${status}`);
  }
  expect(kinds).toEqual([
    'timeout 408',
    'conflict 409',
    'rate_limited 429',
    'server 500',
    'overloaded 503',
    'timeout 504',
    'overloaded 529',
    'timeout 504',
    'network 502',
    'server 500',
    'rate_limited 429',
    'overloaded 503',
  ]);
});
