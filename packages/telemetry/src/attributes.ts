import type { Attributes } from '@opentelemetry/api';

/**
 * Makes attributes of the fields of a log line. Objects and arrays stay what they are, as the data model of logs has it
 * (https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-attributes); an `Error` becomes its name, message
 * and stack; what has a `toJSON` becomes what that gives; what cannot be said at all (functions, symbols) is left out.
 */
export function attributesOf(fields: object): Attributes {
  return objectOf(fields, new Set([fields]));
}

function objectOf(value: object, around: Set<object>): Attributes {
  const attributes: Attributes = {};
  for (const name of Object.keys(value)) {
    const said = readable(() => valueOf((value as Attributes)[name], around));
    if (said !== undefined && name !== '') attributes[name] = said;
  }
  return attributes;
}

function valueOf(value: unknown, around: Set<object>): unknown {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value;
    case 'bigint':
      return String(value);
    case 'object':
      break;
    default:
      return undefined;
  }
  if (value === null || value instanceof Uint8Array) return value;
  if (around.has(value)) return '[circular]';
  around.add(value);
  try {
    if (value instanceof Error) return errorOf(value, around);
    if ('toJSON' in value && typeof value.toJSON === 'function') return valueOf(value.toJSON(), around);
    if (Array.isArray(value)) return value.map((member) => valueOf(member, around) ?? null);
    return objectOf(value, around);
  } finally {
    around.delete(value);
  }
}

function errorOf(error: Error, around: Set<object>): object {
  const { name, message, stack } = error;
  return { name, message, ...(stack !== undefined && { stack }), ...objectOf(error, around) };
}

/** A line in the log is no reason to fail, whatever is in it. */
function readable(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return '[unreadable]';
  }
}
