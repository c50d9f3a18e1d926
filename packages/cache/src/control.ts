import { ConfigurationError, milliseconds, type Call, type Duration } from '@interpose/core';

const MODES = ['bypass', 'no-store', 'refresh'] as const;

/**
 * What one call may ask for, by the tag `cache`:
 *
 * - `bypass`: as if there were no cache
 * - `no-store`: may be answered from the cache; its own answer is not kept
 * - `refresh`: is not answered from the cache; its own answer takes the place of what was kept
 */
export type Mode = (typeof MODES)[number];

/** What one call asks of the cache. */
export interface Control {
  readonly mode: Mode | undefined;
  /** How long its answer is kept, by the tag `cache-ttl`. */
  readonly ttlMs: number | undefined;
}

const NONE: Control = { mode: undefined, ttlMs: undefined };

/** Reads the tags `cache` and `cache-ttl`. @throws {ConfigurationError} for a value that means nothing. */
export function controlOf(call: Call): Control {
  const { cache: mode, 'cache-ttl': ttl } = call.tags;
  if (mode === undefined && ttl === undefined) return NONE;
  if (mode !== undefined && !isMode(mode)) {
    throw ConfigurationError.option('cache', 'the tag `cache`', `one of ${MODES.join(', ')}`, mode);
  }
  const ttlMs = ttl === undefined ? undefined : milliseconds(ttl as Duration, 'cache', 'the tag `cache-ttl`');
  return { mode, ttlMs };
}

function isMode(mode: string): mode is Mode {
  return (MODES as readonly string[]).includes(mode);
}
