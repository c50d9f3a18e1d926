import { controlLayer } from '@interpose/core';
import { fakeProvider, rateLimited } from '@interpose/testing';
import { expect, test, vi } from 'vitest';
import type { LogEntry } from './entry.ts';
import { log } from './log.ts';
import { line } from './words.ts';

const AT = new Date(2026, 0, 31, 12, 0, 1, 123).getTime();

const ENTRY: LogEntry = {
  callId: 'call_1',
  requestId: 'req_123',
  operation: 'chat',
  model: 'gpt-4o-mini',
  tags: { endpoint: 'search' },
  latencyMs: 812,
  firstContentMs: 230,
  inputTokens: 12,
  outputTokens: 48,
  usage: 'reported',
  source: 'provider',
  attempts: 2,
  status: 200,
  outcome: 'completed',
};

test('a line is there to be read', () => {
  const { firstContentMs: _first, inputTokens: _in, outputTokens: _out, ...bare } = ENTRY;
  const failure = {
    kind: 'rate_limited',
    code: 'rate_limit_exceeded',
    status: 429,
    transient: true,
  } as const;
  expect([
    line(ENTRY, AT, {}),
    line({ ...ENTRY, usage: 'estimated', outcome: 'truncated', attempts: 1 }, AT, { shard: 3 }),
    line({ ...bare, source: 'cache', attempts: 0 }, AT, {}),
    line({ ...bare, attempts: 1, outcome: 'failed', failure }, AT, {}),
    line({ callId: 'call_1', operation: 'chat', latencyMs: 3, attempts: 0, outcome: 'aborted' }, AT, {}),
  ]).toEqual([
    '12:00:01.123  chat gpt-4o-mini  completed  812 ms (first content 230 ms)  12 → 48 tokens  2 attempts  endpoint=search  req_123',
    '12:00:01.123  chat gpt-4o-mini  truncated  812 ms (first content 230 ms)  ~12 → ~48 tokens  endpoint=search  shard=3  req_123',
    '12:00:01.123  chat gpt-4o-mini  completed  812 ms  from cache  endpoint=search  req_123',
    '12:00:01.123  chat gpt-4o-mini  failed  812 ms  429 rate_limited (rate_limit_exceeded)  endpoint=search  req_123',
    '12:00:01.123  chat  aborted  3 ms',
  ]);
});

test('nobody but the log begins a line', () => {
  const tags = { user: 'eve\n12:00:02.000  chat  \u001b[31mfailed' };
  expect(line({ ...ENTRY, model: 'a\r\nb', tags }, AT, {})).toBe(
    '12:00:01.123  chat a b  completed  812 ms (first content 230 ms)  12 → 48 tokens  2 attempts  ' +
      'user=eve 12:00:02.000  chat   [31mfailed  req_123',
  );
});

test('lines go to the console where nothing else was said', async () => {
  const printed = vi.spyOn(console, 'info').mockImplementation(() => {});
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const provider = fakeProvider.inProcess({ script: [{}, rateLimited()] });
  vi.stubGlobal('fetch', provider.fetch);
  await using layer = controlLayer([log()]);
  const body = JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hi' }] });
  const headers = { authorization: 'Bearer test' };
  for (let call = 0; call < 2; call++) {
    const response = await layer.fetch(`${provider.baseURL}/chat/completions`, {
      method: 'POST',
      headers,
      body,
    });
    await response.text();
  }
  expect(printed.mock.calls.join('\n')).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} {2}chat gpt-4o-mini {2}completed {2}\d+ ms {2}\d+ → \d+ tokens {2}req_\w+$/,
  );
  expect(warned.mock.calls.join('\n')).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} {2}chat gpt-4o-mini {2}failed {2}\d+ ms {2}429 rate_limited \(rate_limit_exceeded\) {2}req_\w+$/,
  );
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});
