import { ConfigurationError, milliseconds, type Call, type Duration } from '@interpose/core';

/**
 * Reads how long something may take, in milliseconds; `Infinity` where nothing is said.
 *
 * @throws {ConfigurationError} for what is no duration, or none that anything can be done in.
 */
export function span(value: Duration | undefined, unit: string, option: string): number {
  if (value === undefined) return Infinity;
  const ms = milliseconds(value, unit, option);
  if (ms === 0) throw ConfigurationError.option(unit, option, 'longer than 0', value);
  return ms;
}

/** Reads what a call says by a tag: a duration, or `none`; and what holds for all of them where it says nothing. */
export function tagged(call: Call, tag: string, unit: string, otherwise: number): number {
  const value = call.tags[tag];
  if (value === undefined) return otherwise;
  return value === 'none' ? Infinity : span(value as Duration, unit, `the tag \`${tag}\``);
}
