import type { Scrubber, Tags } from '@interpose/core';

/** The tags that are set, scrubbed. */
export function scrubbedTags(tags: Tags, scrubber: Scrubber): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(tags)) {
    if (value !== undefined) shown[name] = scrubber.scrub(value);
  }
  return shown;
}

/** A copy in which every string is scrubbed, however deep in arrays and plain objects. */
export function scrubbed(value: unknown, scrubber: Scrubber): unknown {
  if (typeof value === 'string') return scrubber.scrub(value);
  if (Array.isArray(value)) return value.map((item) => scrubbed(item, scrubber));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, scrubbed(part, scrubber)]));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
