import { ConfigurationError, milliseconds, type Duration } from '@interpose/core';
import { DateTime, IANAZone, type DateTimeUnit } from 'luxon';

/** How long a limit counts before it starts anew. Calendar units begin where they do in the limit's time zone. */
export type Every = 'minute' | 'hour' | 'day' | 'month' | 'ever' | Duration;

/** A stretch of time in which a limit counts, in milliseconds since the epoch. */
export interface Window {
  /** The same for all who count in it. */
  readonly label: string;
  readonly start: number;
  /** When it starts anew. `Infinity` for one that does not. */
  readonly end: number;
}

const CALENDAR: readonly string[] = ['minute', 'hour', 'day', 'month'];

/**
 * Finds the window of a moment. A day is a day of the zone: of 23 or 25 hours where the clocks change. Other spans are
 * counted from 1970-01-01T00:00Z, the same for every process.
 *
 * @throws {ConfigurationError} for something that is no span, or no time zone.
 */
export function windows(every: Every, timezone: string): (now: number) => Window {
  if (!IANAZone.isValidZone(timezone)) {
    throw ConfigurationError.option(
      'budget',
      'timezone',
      "an IANA time zone such as 'Europe/Berlin'",
      timezone,
    );
  }
  const find = finder(every, timezone);
  let latest: Window | undefined;
  // Calls come in the window of the last one, nearly always.
  return (now) => (latest && now >= latest.start && now < latest.end ? latest : (latest = find(now)));
}

function finder(every: Every, timezone: string): (now: number) => Window {
  if (every === 'ever') return () => ({ label: 'ever', start: -Infinity, end: Infinity });
  if (typeof every === 'string' && CALENDAR.includes(every)) {
    const unit = every as DateTimeUnit;
    return (now) => {
      const start = DateTime.fromMillis(now, { zone: timezone }).startOf(unit);
      // Begun anew: the first moment of a day is not midnight everywhere.
      return window(
        start.toMillis(),
        start
          .plus({ [unit]: 1 })
          .startOf(unit)
          .toMillis(),
      );
    };
  }
  const length = milliseconds(every as Duration, 'budget', 'every');
  if (length === 0) {
    throw ConfigurationError.option('budget', 'every', "longer than 0, or 'ever'", every);
  }
  return (now) => {
    const start = Math.floor(now / length) * length;
    return window(start, start + length);
  };
}

function window(start: number, end: number): Window {
  return { label: new Date(start).toISOString(), start, end };
}
