import { controlLayer } from '@interpose/core';
import { expect, test } from 'vitest';
import { limit, type LimitOptions } from './index.ts';

const said = (options: unknown): string => {
  try {
    limit(options as LimitOptions);
    return 'nothing';
  } catch (error) {
    return String(error);
  }
};

test('wrong options are named, with what they have to be and what they were', () => {
  expect(
    [
      { requests: 60 },
      { requests: { limit: 0, every: '1m' } },
      { requests: { every: '1m' } },
      { requests: { limit: 60, every: '1 minute' } },
      { requests: { limit: 60 } },
      { tokens: { limit: 60, every: 0 } },
      { requests: { limit: 60, every: '1m', burst: 61 } },
      { requests: { limit: 60, every: '1m', rate: 1 } },
      { concurrency: 0 },
      { per: '' },
      { maxWait: -1 },
      { maxQueue: 1.5 },
      { store: 'redis' },
      { adaptive: 'yes' },
      { onFault: 'ignore' },
      { lease: 0 },
      { concurency: 3 },
    ].map(said),
  ).toEqual([
    'ConfigurationError: limit: requests must be an object, got 60',
    'ConfigurationError: limit requests: limit must be an integer >= 1, got 0',
    'ConfigurationError: limit requests: limit must be an integer >= 1, got undefined',
    "ConfigurationError: limit requests: every must be a duration such as 250, '250ms', '2s' or '1h', got \"1 minute\"",
    "ConfigurationError: limit requests: every must be a duration such as 250, '250ms', '2s' or '1h', got undefined",
    'ConfigurationError: limit tokens: every must be longer than 0, got 0',
    'ConfigurationError: limit requests: burst must be an integer from 1 to 60, got 61',
    'ConfigurationError: limit requests: unknown option rate; known are limit, every, burst',
    'ConfigurationError: limit: concurrency must be an integer >= 1, got 0',
    'ConfigurationError: limit: per must be a non-empty string, got ""',
    "ConfigurationError: limit: maxWait must be a duration such as 250, '250ms', '2s' or '1h', got -1",
    'ConfigurationError: limit: maxQueue must be an integer >= 0, got 1.5',
    'ConfigurationError: limit: store must be an object, got "redis"',
    'ConfigurationError: limit: adaptive must be true or false, got "yes"',
    "ConfigurationError: limit: onFault must be one of 'open', 'closed', got \"ignore\"",
    'ConfigurationError: limit: lease must be longer than 0, got 0',
    'ConfigurationError: limit: unknown option concurency; known are requests, tokens, concurrency, per, maxWait, maxQueue, store, adaptive, onFault, lease',
  ]);
});

test('it describes itself as data', () => {
  expect(limit({ requests: { limit: 60, every: '1m' } }).describe?.()).toEqual({
    requests: { limit: 60, every: '1m' },
    tokens: 'none',
    concurrency: 'none',
    per: 'all',
    maxWait: '30s',
    maxQueue: 1000,
    store: 'default',
    adaptive: true,
    lease: '1m',
  });
});

test('it belongs where each try is accounted', () => {
  const retry = { name: 'retry', stage: 'recover' } as const;
  expect(() => controlLayer([limit(), retry])).toThrow(
    "retry (stage 'recover') must stand before limit (stage 'spend')",
  );
});
