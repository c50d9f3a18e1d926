import { ConfigurationError } from './error.ts';

/** A span of time: milliseconds, or a number with its unit. `'250ms'`, `'2s'`, `'5m'`, `'1h'`, `'1d'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Converts a duration to milliseconds.
 *
 * @throws {ConfigurationError} when the value is negative, not finite, or has no known unit; the message
 * names `unit` and `option`, so that it reads `retry: maxDelay must be ...`.
 */
export function milliseconds(duration: Duration, unit: string, option: string): number {
  const match = typeof duration === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration) : null;
  const value = match ? Number(match[1]) * (UNITS[match[2] ?? ''] ?? Number.NaN) : duration;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw ConfigurationError.option(unit, option, "a duration such as 250, '250ms', '2s' or '1h'", duration);
  }
  return value;
}
