import { parseRetryAfter } from '@interpose/core';

/** What a provider says of one of its limits. */
export interface Remaining {
  readonly remaining: number;
  /** Until nothing is used of the limit any more, in milliseconds. */
  readonly resetMs: number;
  /** Undefined where it is not told. */
  readonly limit: number | undefined;
}

/** What a provider says of its limits in the headers of a reply. */
export interface RateHeaders {
  readonly requests: Remaining | undefined;
  readonly tokens: Remaining | undefined;
  /** How long it asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/**
 * Reads `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` and `retry-after(-ms)`. What cannot be read is left out.
 *
 * @param now milliseconds since the epoch, for dates.
 */
export function rateHeaders(headers: Headers, now: number): RateHeaders {
  return {
    requests: remaining(headers, 'requests'),
    tokens: remaining(headers, 'tokens'),
    retryAfterMs: parseRetryAfter(headers, now),
  };
}

function remaining(headers: Headers, kind: 'requests' | 'tokens'): Remaining | undefined {
  const left = count(headers.get(`x-ratelimit-remaining-${kind}`));
  const resetMs = span(headers.get(`x-ratelimit-reset-${kind}`));
  if (left === undefined || resetMs === undefined) return undefined;
  return { remaining: left, resetMs, limit: count(headers.get(`x-ratelimit-limit-${kind}`)) };
}

function count(value: string | null): number | undefined {
  // Spent tokens may be told as a number below 0.
  return value !== null && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Math.max(0, Number(value)) : undefined;
}

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Reads a span of time as OpenAI writes it: `1s`, `6m0s`, `1h2m3.5s`, `20ms`; a bare number is seconds. */
export function span(value: string | null): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^(\d+(\.\d+)?(ms|h|m|s))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, number, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g))
    sum += Number(number) * (UNITS[unit] ?? 0);
  return sum;
}
