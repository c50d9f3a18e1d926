import { deadline, type Interceptor } from '@interpose/core';
import { expect, test } from 'vitest';
import { guardOf, verdict } from './guard.test-support.ts';
import type { GuardOptions } from './index.ts';

const rules: readonly (readonly [GuardOptions['require'], Parameters<typeof verdict>[1], string])[] = [
  [{ outputLimit: true }, {}, 'require.outputLimit output limit: null, a limit of output tokens'],
  [{ outputLimit: true }, { params: { max_tokens: 5 } }, 'sent'],
  [{ outputLimit: true }, { operation: 'embeddings' }, 'sent'],
  [{ outputLimit: false }, {}, 'sent'],
  [{ responseFormat: true }, {}, 'require.responseFormat response format: text, json_object or json_schema'],
  [{ responseFormat: true }, { params: { response_format: { type: 'json_object' } } }, 'sent'],
  [{ responseFormat: true }, { operation: 'images', params: { response_format: 'url' } }, 'sent'],
  [
    { responseFormat: 'json_schema' },
    { params: { response_format: { type: 'json_object' } } },
    'require.responseFormat response format: json_object, json_schema',
  ],
  [
    { responseFormat: 'json_schema' },
    { operation: 'responses', params: { text: { format: { type: 'json_schema', name: 'x', schema: {} } } } },
    'sent',
  ],
  [{ timeout: true }, {}, 'require.timeout headers.x-stainless-timeout: null, a time-out'],
  [{ timeout: true }, { headers: { 'x-stainless-timeout': '600' } }, 'sent'],
  [{ timeout: false }, {}, 'sent'],
  [{ timeout: '60s' }, { headers: { 'x-stainless-timeout': '60' } }, 'sent'],
  [
    { timeout: '60s' },
    { headers: { 'x-stainless-timeout': '61' } },
    'require.timeout headers.x-stainless-timeout: 61000, a time-out of at most 60000 ms',
  ],
  [
    { timeout: '60s' },
    { headers: { 'x-stainless-timeout': 'soon' } },
    'require.timeout headers.x-stainless-timeout: null, a time-out of at most 60000 ms',
  ],
  [{ tags: ['endpoint', 'tenant'] }, { tags: { endpoint: 'x' } }, 'require.tags tags.tenant: null, a tag'],
  [{ tags: ['endpoint'] }, { tags: { endpoint: 'x' } }, 'sent'],
  [{ params: ['safety_identifier'] }, {}, 'require.params safety_identifier: null, to be set'],
  [
    { params: ['safety_identifier'] },
    { params: { safety_identifier: null } },
    'require.params safety_identifier: null, to be set',
  ],
  [{ params: ['reasoning.effort'] }, { params: { reasoning: { effort: 'low' } } }, 'sent'],
];

test.each(rules)('required %j of %j: %s', async (require, asked, expected) => {
  expect(await verdict({ require: require ?? {} }, asked)).toBe(expected);
});

test('a limit that the policy fills in is there', async () => {
  expect(await verdict({ require: { outputLimit: true }, maxOutputTokens: 10 })).toBe('sent');
});

test('a deadline further out is a time-out', async () => {
  const bound =
    (ms: number): Interceptor =>
    (next) =>
    (call) =>
      next(call.with({ context: [[deadline, call.runtime.clock.monotonic() + ms]] }));
  const require = { timeout: '60s' } as const;
  const ask = async (ms: number, headers?: Record<string, string>): Promise<unknown> =>
    (await guardOf({ require }, { outside: [bound(ms)] })(headers && { headers })).error;
  expect(await ask(60_000)).toBeUndefined();
  expect(await ask(60_001)).toMatchObject({ asked: 60_001 });
  expect(await ask(30_000, { 'x-stainless-timeout': '600' })).toBeUndefined();
  expect(await ask(Infinity)).toMatchObject({ asked: null });
});
