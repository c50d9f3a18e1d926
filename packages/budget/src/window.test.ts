import { describe, expect, test } from 'vitest';
import { windows, type Every } from './window.ts';

/** The window of a moment, as two dates. */
function at(every: Every, timezone: string, moment: string): string {
  const { start, end } = windows(every, timezone)(Date.parse(moment));
  return `${new Date(start).toISOString()} to ${new Date(end).toISOString()}`;
}

describe('the window of a moment', () => {
  test.each<[Every, string, string, string]>([
    ['minute', 'UTC', '2026-03-01T10:15:42.5Z', '2026-03-01T10:15:00.000Z to 2026-03-01T10:16:00.000Z'],
    ['month', 'UTC', '2024-02-29T23:59:59.999Z', '2024-02-01T00:00:00.000Z to 2024-03-01T00:00:00.000Z'],
    ['month', 'UTC', '2024-03-01T00:00:00Z', '2024-03-01T00:00:00.000Z to 2024-04-01T00:00:00.000Z'],
    // Clocks go forward at 01:00Z: a day of 23 hours. And back at 01:00Z: one of 25.
    ['day', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00.000Z to 2026-03-29T22:00:00.000Z'],
    ['day', 'Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-24T22:00:00.000Z to 2026-10-25T23:00:00.000Z'],
    // The hour that comes twice is two.
    ['hour', 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25T00:00:00.000Z to 2026-10-25T01:00:00.000Z'],
    ['hour', 'Europe/Berlin', '2026-10-25T01:30:00Z', '2026-10-25T01:00:00.000Z to 2026-10-25T02:00:00.000Z'],
    ['hour', 'Asia/Kolkata', '2026-01-01T00:10:00Z', '2025-12-31T23:30:00.000Z to 2026-01-01T00:30:00.000Z'],
    // A midnight that does not exist: the day begins an hour later.
    ['day', 'Africa/Cairo', '2026-04-24T12:00:00Z', '2026-04-23T22:00:00.000Z to 2026-04-24T21:00:00.000Z'],
    ['6h', 'Europe/Berlin', '2026-01-01T07:00:00Z', '2026-01-01T06:00:00.000Z to 2026-01-01T12:00:00.000Z'],
  ])('every %s in %s, at %s', (every, timezone, moment, expected) => {
    expect(at(every, timezone, moment)).toBe(expected);
  });

  test('of a limit that does not start anew is for ever', () => {
    expect(windows('ever', 'UTC')(0)).toEqual({ label: 'ever', start: -Infinity, end: Infinity });
  });

  test('ends where the next begins, and changes nowhere else', () => {
    const find = windows('day', 'America/Sao_Paulo');
    let now = Date.UTC(2026, 0, 1);
    for (let day = 0; day < 400; day++) {
      const { label, end } = find(now);
      expect([find(end - 1).label, find(end).start]).toEqual([label, end]);
      now = end;
    }
  });
});
