import { fakeClock } from '@interpose/testing';
import { afterEach, expect, test, vi } from 'vitest';
import { Notices } from './notices.ts';

afterEach(() => void vi.restoreAllMocks());

test('tells at once, then once a minute, adding up in between, and the rest at the end', async () => {
  const lines: string[] = [];
  vi.spyOn(console, 'warn').mockImplementation((line: string) => void lines.push(line));
  const clock = fakeClock();
  const notices = new Notices(clock);
  notices.add({ signal: 'spans', count: 512, error: 'ECONNREFUSED' });
  await clock.advance(59_999);
  notices.add({ signal: 'spans', count: 512, error: 'ECONNREFUSED' });
  notices.add({ signal: 'logs', count: 3, error: 'HTTP 503' });
  lines.push('a minute later');
  await clock.advance(1);
  notices.add({ signal: 'metrics', count: 1, error: 'HTTP 503' });
  notices.add({ signal: 'metrics', count: 1, error: 'timeout' });
  lines.push('the end');
  notices.tell();
  notices.tell();
  expect(lines).toEqual([
    'telemetry: 512 spans lost: ECONNREFUSED',
    'a minute later',
    'telemetry: 512 spans, 3 log records, 1 data points lost: ECONNREFUSED, HTTP 503',
    'the end',
    'telemetry: 1 data points lost: timeout',
  ]);
});
