import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRetryAfter } from './index.ts';

describe('parseRetryAfter', () => {
  const NOW = Date.parse('Sun, 06 Nov 1994 08:49:00 GMT');
  const parse = (headers: Record<string, string>): number | undefined =>
    parseRetryAfter(new Headers(headers), NOW);

  test.each<[Record<string, string>, number | undefined]>([
    [{}, undefined],
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '0.25' }, 250],
    [{ 'retry-after-ms': '1500', 'retry-after': '9' }, 1500],
    [{ 'retry-after-ms': 'soon', 'retry-after': '9' }, 9000],
    [{ 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }, 37_000],
    [{ 'retry-after': 'Sunday, 06-Nov-94 08:49:37 GMT' }, 37_000],
    [{ 'retry-after': 'Sun Nov  6 08:49:37 1994 GMT' }, 37_000],
    [{ 'retry-after': 'Sun, 06 Nov 1994 08:48:00 GMT' }, 0],
    [{ 'retry-after': '-5' }, undefined],
    [{ 'retry-after': '1e9' }, undefined],
    [{ 'retry-after': 'later 5' }, undefined],
    [{ 'retry-after': '1.2.3' }, undefined],
    [{ 'retry-after': '' }, undefined],
    [{ 'retry-after': '9'.repeat(300) }, undefined],
  ])('%o is %s', (headers, expected) => {
    expect(parse(headers)).toBe(expected);
  });

  test('is a time to wait or nothing, whatever the headers say', () => {
    const value = fc.oneof(
      fc.stringMatching(/^[\d.+-]{0,400}$/),
      fc.stringMatching(/^[ -~]*$/),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
      fc.double().map(String),
    );
    fc.assert(
      fc.property(value, value, (ms, after) => {
        const wait = parse({ 'retry-after-ms': ms, 'retry-after': after });
        expect(wait === undefined || (Number.isFinite(wait) && wait >= 0)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('is what was written, for seconds and milliseconds', () => {
    fc.assert(
      fc.property(fc.nat(), (wait) => {
        expect(parse({ 'retry-after': `${wait}` })).toBe(wait * 1000);
        expect(parse({ 'retry-after-ms': `${wait}` })).toBe(wait);
      }),
    );
  });
});
