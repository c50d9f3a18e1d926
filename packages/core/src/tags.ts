import { AsyncLocalStorage } from 'node:async_hooks';
import { ConfigurationError } from './error.ts';

/** What a call is for: names that limits, logs, caches and routes go by. */
export interface Tags {
  /** The part of the application that calls, e.g. `search` or `support-reply`. */
  readonly endpoint?: string;
  /** The customer for whom it calls. */
  readonly tenant?: string;
  readonly user?: string;
  readonly [name: string]: string | undefined;
}

/** Request headers with this prefix become tags and are not sent on. */
export const TAG_HEADER_PREFIX = 'x-interpose-';

// A channel for values of the caller's async context, not state: it holds nothing outside a `withTags`.
const ambient = new AsyncLocalStorage<Tags>();

/**
 * Runs `fn` so that every call made in it, also after awaits, carries `tags`. Inner tags win over outer ones,
 * and tags on the request itself win over both.
 */
export function withTags<T>(tags: Tags, fn: () => T): T {
  return ambient.run({ ...ambient.getStore(), ...checkTags(tags) }, fn);
}

/** The tags of the surrounding {@link withTags}, if any. */
export function ambientTags(): Tags | undefined {
  return ambient.getStore();
}

/**
 * Request headers that carry `tags`, for any client: values are percent-encoded UTF-8.
 *
 * @throws {ConfigurationError} when a name does not fit into a header or a value is not a string.
 */
export function tagHeaders(tags: Tags): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(checkTags(tags))) {
    if (value !== undefined) headers[TAG_HEADER_PREFIX + name] = encodeURIComponent(value);
  }
  return headers;
}

/** Reads the tags out of request headers; undefined when there are none. */
export function tagsFromHeaders(headers: Headers): Record<string, string> | undefined {
  let tags: Record<string, string> | undefined;
  for (const name of headers.keys()) {
    if (!name.startsWith(TAG_HEADER_PREFIX)) continue;
    tags ??= {};
    tags[name.slice(TAG_HEADER_PREFIX.length)] = decode(headers.get(name) ?? '');
  }
  return tags;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // Written by hand and not percent-encoded: meant as it stands.
    return value;
  }
}

function checkTags(tags: Tags): Tags {
  for (const [name, value] of Object.entries(tags)) {
    if (!/^[a-z0-9_-]+$/.test(name)) {
      throw ConfigurationError.option('tags', 'a name', 'lower-case letters, digits, - and _', name);
    }
    if (value !== undefined && typeof value !== 'string') {
      throw ConfigurationError.option('tags', name, 'a string', value);
    }
  }
  return tags;
}
