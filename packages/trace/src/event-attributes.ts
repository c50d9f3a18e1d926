import { Failure, type LayerEvent } from '@interpose/core';
import type { Attributes } from '@opentelemetry/api';
import { EVENT_PREFIX, UNIT } from './names.ts';

/** The name of an event of the channel, on a span. */
export function eventName({ type }: LayerEvent): string {
  return EVENT_PREFIX + type.replaceAll('-', '_');
}

/**
 * What an event says, as far as it may be shown: numbers, yes and no, and words out of a short list. Longer texts are left
 * out, since units of others report what they like.
 */
export function eventAttributes(event: LayerEvent, scrub: (text: string) => string): Attributes {
  const attributes: Attributes = { [UNIT]: event.unit };
  add(attributes, eventName(event), event.data, scrub);
  return attributes;
}

function add(attributes: Attributes, name: string, value: unknown, scrub: (text: string) => string): void {
  if (typeof value === 'number' || typeof value === 'boolean') attributes[name] = value;
  else if (typeof value === 'string' && /^[\w.:-]{1,64}$/.test(value)) attributes[name] = scrub(value);
  else if (value instanceof Failure) {
    const { kind, code, status, transient } = value;
    add(attributes, name, { kind, code, status, transient }, scrub);
  } else if (value instanceof Error) {
    add(attributes, name, { type: value.name, code: (value as Error & { code?: unknown }).code }, scrub);
  } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [field, inner] of Object.entries(value)) add(attributes, `${name}.${field}`, inner, scrub);
  }
}
