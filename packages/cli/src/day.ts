const DAY_MS = 86_400_000;

/** The number of a day such as `2026-01-31`, counted from 1970-01-01; undefined for what is no day. */
export function dayNumber(day: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) return undefined;
  const ms = Date.parse(`${day}T00:00:00Z`);
  // The 30th of February is parsed, to a day in March.
  if (Number.isNaN(ms) || dayOf(ms / DAY_MS) !== day) return undefined;
  return ms / DAY_MS;
}

/** The day with that number. */
export function dayOf(number: number): string {
  return new Date(number * DAY_MS).toISOString().slice(0, 10);
}

/** The number of the day, in UTC, in which a moment is. */
export function today(now: number): number {
  return Math.floor(now / DAY_MS);
}
