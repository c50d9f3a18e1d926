import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  Failure,
  InterposeError,
  TRANSIENT_KINDS,
  classify,
  classifyProviderError,
  classifyResponse,
} from './index.ts';

const SECRET = 'sk-proj-abc123 my prompt';

/** A failure in one line: what decisions are made on. */
const told = (failure: Failure): string =>
  `${failure.message}, ${failure.transient ? 'transient' : 'persistent'}`;

function response(status: number, error?: object, headers: Record<string, string> = {}): string {
  const body = error && { error: { message: SECRET, param: SECRET, ...error } };
  return told(classifyResponse({ status, headers: new Headers(headers) }, body, 0));
}

describe('classifyResponse', () => {
  test.each<[number, object | undefined, string]>([
    [400, undefined, '400 invalid_request, persistent'],
    [
      400,
      { code: 'context_length_exceeded', type: 'invalid_request_error' },
      '400 context_length (context_length_exceeded), persistent',
    ],
    [400, { code: 'content_filter' }, '400 content_filter, persistent'],
    [400, { code: 'content_policy_violation' }, '400 content_filter (content_policy_violation), persistent'],
    [
      400,
      { code: null, type: 'invalid_request_error' },
      '400 invalid_request (invalid_request_error), persistent',
    ],
    [401, { code: 'invalid_api_key' }, '401 authentication (invalid_api_key), persistent'],
    // Not words, but a key, an address, a number of somebody's.
    [401, { code: 'ghp_lUmYbnkdk1Y0svS3dWVeIwZ196rwPdzo1MhV' }, '401 authentication, persistent'],
    [401, { code: 'AKIAT0UOPTM72ZWEEBUD' }, '401 authentication, persistent'],
    [403, { code: '203.0.113.7' }, '403 permission, persistent'],
    [403, { code: '4155550132' }, '403 permission, persistent'],
    [402, undefined, '402 quota_exhausted, persistent'],
    [403, { type: 'permission_error' }, '403 permission (permission_error), persistent'],
    [404, { code: 'model_not_found' }, '404 not_found (model_not_found), persistent'],
    [408, undefined, '408 timeout, transient'],
    [409, undefined, '409 conflict, transient'],
    [413, undefined, '413 invalid_request, persistent'],
    [422, {}, '422 invalid_request, persistent'],
    [425, undefined, '425 conflict, transient'],
    [429, undefined, '429 rate_limited, transient'],
    [
      429,
      { code: 'rate_limit_exceeded', type: 'tokens' },
      '429 rate_limited (rate_limit_exceeded), transient',
    ],
    [429, { code: '429' }, '429 rate_limited (429), transient'],
    [500, { type: 'server_error' }, '500 server (server_error), transient'],
    [500, { type: 'invalid_request_error' }, '500 server (invalid_request_error), transient'],
    [502, undefined, '502 server, transient'],
    [503, undefined, '503 overloaded, transient'],
    [503, { code: 'slow_down' }, '503 overloaded (slow_down), transient'],
    [504, undefined, '504 timeout, transient'],
    [520, undefined, '520 server, transient'],
    [529, { type: 'overloaded_error' }, '529 overloaded (overloaded_error), transient'],
    [302, undefined, '302 invalid_request, persistent'],
  ])('%i with %o', (status, error, expected) => {
    expect(response(status, error)).toBe(expected);
  });

  test.each([
    { code: 'insufficient_quota' },
    { type: 'insufficient_quota' },
    { code: 'credit_balance_exhausted' },
    { code: 'organization_spend_limit_exceeded' },
    { code: 'project_spend_limit_exceeded' },
    { code: 'organization_usage_limit_exceeded' },
    { code: 'billing_hard_limit_reached' },
    { code: 'rate_limit_exceeded', type: 'insufficient_quota' },
  ])('%o is a spent quota, whatever the status and the headers say', (error) => {
    const results = [400, 403, 429, 503].map((status) =>
      response(status, error, { 'x-should-retry': 'true' }),
    );
    expect(results.every((each) => /^\d+ quota_exhausted .*, persistent$/.test(each))).toBe(true);
  });

  test('obeys x-should-retry where it says true or false', () => {
    const should = (status: number, value: string): string =>
      response(status, undefined, { 'x-should-retry': value });
    expect([should(400, 'true'), should(500, 'false'), should(500, 'maybe'), should(400, 'TRUE')]).toEqual([
      '400 invalid_request, transient',
      '500 server, persistent',
      '500 server, transient',
      '400 invalid_request, persistent',
    ]);
  });

  test('keeps how long to wait and the id of the request', () => {
    const headers = new Headers({ 'retry-after': '3', 'apim-request-id': 'r1' });
    const failure = classifyResponse({ status: 429, headers }, undefined, 0);
    expect([failure.retryAfterMs, failure.requestId, failure.status]).toEqual([3000, 'r1', 429]);
  });

  test('makes do with any body', () => {
    for (const body of [
      undefined,
      null,
      'text',
      7,
      [],
      {},
      { error: null },
      { error: 'text' },
      { error: [] },
    ]) {
      expect(told(classifyResponse({ status: 500, headers: new Headers() }, body, 0))).toBe(
        '500 server, transient',
      );
    }
  });

  test('never says anything of the provider’s text, wherever it stands', () => {
    const field = fc.oneof(
      fc.constant(SECRET),
      fc.string().map((text) => `${SECRET}${text}`),
      fc.integer(),
    );
    const error = fc.record({ message: field, code: field, type: field, param: field }, { requiredKeys: [] });
    fc.assert(
      fc.property(error, fc.integer({ min: 300, max: 599 }), (fields, status) => {
        const failures = [
          classifyResponse({ status, headers: new Headers() }, { error: fields }, 0),
          classifyProviderError(fields),
        ];
        const all = failures
          .map((failure) => `${failure} ${JSON.stringify(failure)} ${failure.stack ?? ''}`)
          .join();
        expect(all).not.toMatch(/sk-proj|my prompt/);
      }),
    );
  });
});

describe('classifyProviderError', () => {
  test.each<[unknown, string]>([
    [{ code: 'insufficient_quota' }, 'quota_exhausted (insufficient_quota), persistent'],
    [{ code: 'rate_limit_exceeded' }, 'rate_limited (rate_limit_exceeded), transient'],
    [{ code: 'server_error' }, 'server (server_error), transient'],
    [{ type: 'overloaded_error' }, 'overloaded (overloaded_error), transient'],
    [{ code: 'context_length_exceeded' }, 'context_length (context_length_exceeded), persistent'],
    [{ code: 'unheard_of', type: 'invalid_request_error' }, 'invalid_request (unheard_of), persistent'],
    [{ code: 502, message: SECRET }, 'server, transient'],
    [{ code: 429, message: SECRET }, 'rate_limited, transient'],
    [{ code: '401' }, 'authentication (401), persistent'],
    [{ code: 7 }, 'server, transient'],
    [SECRET, 'server, transient'],
    [undefined, 'server, transient'],
  ])('%o', (error, expected) => {
    expect(told(classifyProviderError(error))).toBe(expected);
  });
});

describe('classify', () => {
  const coded = (code: string, depth = 1): Error =>
    depth === 0
      ? Object.assign(new Error(SECRET), { code })
      : new TypeError('fetch failed', { cause: coded(code, depth - 1) });
  const named = (name: string): Error => Object.assign(new Error(SECRET), { name });

  test.each<[unknown, string]>([
    [coded('ECONNRESET', 0), 'network (ECONNRESET), transient'],
    [coded('ECONNREFUSED'), 'network (ECONNREFUSED), transient'],
    [coded('UND_ERR_SOCKET', 3), 'network (UND_ERR_SOCKET), transient'],
    [coded('EAI_AGAIN'), 'network (EAI_AGAIN), transient'],
    [new AggregateError([coded('ETIMEDOUT', 0)]), 'timeout (ETIMEDOUT), transient'],
    [coded('UND_ERR_CONNECT_TIMEOUT'), 'timeout (UND_ERR_CONNECT_TIMEOUT), transient'],
    [coded('UND_ERR_HEADERS_TIMEOUT'), 'timeout (UND_ERR_HEADERS_TIMEOUT), transient'],
    [coded('UND_ERR_BODY_TIMEOUT'), 'timeout (UND_ERR_BODY_TIMEOUT), transient'],
    [named('TimeoutError'), 'timeout, transient'],
    [named('AbortError'), 'aborted, persistent'],
    [coded('ERR_INVALID_URL'), 'invalid_request (ERR_INVALID_URL), persistent'],
    [coded('CERT_HAS_EXPIRED'), 'network (CERT_HAS_EXPIRED), persistent'],
    [coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'network (DEPTH_ZERO_SELF_SIGNED_CERT), persistent'],
    [coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'network (UNABLE_TO_VERIFY_LEAF_SIGNATURE), persistent'],
    [coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'network (ERR_TLS_CERT_ALTNAME_INVALID), persistent'],
    [new TypeError('terminated'), 'network, transient'],
    [SECRET, 'network, transient'],
    [undefined, 'network, transient'],
    [coded(SECRET), 'network, transient'],
  ])('%o', (thrown, expected) => {
    expect(told(classify(thrown))).toBe(expected);
  });

  test('takes everything for an abort once the caller aborted, but for what is classified already', () => {
    const signal = AbortSignal.abort();
    expect(told(classify(coded('ECONNRESET'), signal))).toBe('aborted, persistent');
    expect(told(classify(new Failure('timeout'), signal))).toBe('timeout, transient');
  });

  test('leaves a failure as it is, and finds the one behind an error of ours', () => {
    const failure = new Failure('stalled');
    const error = new InterposeError('x', { code: 'stalled', failure });
    expect([classify(failure), classify(error), classify(new Error('outer', { cause: error }))]).toEqual([
      failure,
      failure,
      failure,
    ]);
    expect(told(classify(new InterposeError('x', { code: 'too_much' })))).toBe(
      'refused (too_much), persistent',
    );
  });

  test('does not go round in circles', () => {
    const error = new Error('a') as Error & { cause: unknown };
    error.cause = error;
    expect(told(classify(error))).toBe('network, transient');
  });

  test('says by default that the kinds that may pass are transient', () => {
    const kinds = [
      'network',
      'timeout',
      'stalled',
      'truncated',
      'rate_limited',
      'overloaded',
      'server',
      'conflict',
    ];
    expect([...TRANSIENT_KINDS]).toEqual(kinds);
    expect(new Failure('network', { transient: false }).transient).toBe(false);
  });
});
