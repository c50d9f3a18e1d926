import { expect, test } from 'vitest';
import { rateHeaders, span } from './rate-headers.ts';

test('spans of time are read as providers write them', () => {
  const texts = [
    '1s',
    '6m0s',
    '20ms',
    '1h2m3.5s',
    '0s',
    '1.5s',
    '59.999s',
    '7',
    ' 8ms ',
    '1d',
    'soon',
    '',
    '-1s',
    '1s2',
  ];
  expect(texts.map(span)).toEqual([
    1000,
    360_000,
    20,
    3_723_500,
    0,
    1500,
    59_999,
    7000,
    8,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(span(null)).toBeUndefined();
});

test('headers are read as far as they can be', () => {
  const headers = new Headers({
    'x-ratelimit-limit-requests': '60',
    'x-ratelimit-remaining-requests': '59',
    'x-ratelimit-reset-requests': '1s',
    'x-ratelimit-remaining-tokens': '-20',
    'x-ratelimit-reset-tokens': '6m0s',
    'retry-after': '2',
  });
  expect(rateHeaders(headers, 0)).toEqual({
    requests: { limit: 60, remaining: 59, resetMs: 1000 },
    tokens: { limit: undefined, remaining: 0, resetMs: 360_000 },
    retryAfterMs: 2000,
  });
  expect(rateHeaders(new Headers({ 'x-ratelimit-remaining-requests': '5' }), 0)).toEqual({
    requests: undefined,
    tokens: undefined,
    retryAfterMs: undefined,
  });
});
