/**
 * Reads how long the provider asks to wait: `retry-after-ms`, then `Retry-After` in seconds or as an
 * HTTP date (RFC 9110, section 10.2.3).
 *
 * @returns milliseconds, 0 for a date in the past, undefined when nothing usable is there.
 */
export function parseRetryAfter(headers: Headers, now: number): number | undefined {
  const ms = positive(headers.get('retry-after-ms'));
  if (ms !== undefined) return ms;
  const after = headers.get('retry-after');
  const seconds = positive(after);
  if (seconds !== undefined) return seconds * 1000;
  // Date.parse alone would make a date of almost any word with a digit in it.
  const date = after !== null && /\d\d:\d\d:\d\d/.test(after) ? Date.parse(after) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

// Nobody means more than this, and a thousandfold of it is still a whole number.
const LONGEST_WAIT_S = 1e12;

function positive(value: string | null): number | undefined {
  const number = value === null || !/^\s*\d+(\.\d+)?\s*$/.test(value) ? Number.NaN : Number(value);
  return number <= LONGEST_WAIT_S ? number : undefined;
}
