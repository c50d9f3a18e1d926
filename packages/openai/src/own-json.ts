import { types } from 'node:util';

/**
 * Copies a value that JSON would write as it stands, and nothing else: plain objects, arrays, strings,
 * finite numbers, booleans, null. Strings are shared, so the cost goes with the number of nodes.
 *
 * @returns undefined when the value holds anything whose JSON is not evident: `toJSON`, getters, dates,
 * class instances. Such a body is parsed from its text instead.
 */
export function ownJson(value: unknown): Record<string, unknown> | undefined {
  try {
    const copy = copyOf(value);
    return typeof copy === 'object' && copy !== null && !Array.isArray(copy)
      ? (copy as Record<string, unknown>)
      : undefined;
  } catch (error) {
    // Also a RangeError: what is nested that deeply is left to the parser.
    if (error === NOT_PLAIN || error instanceof RangeError) return undefined;
    throw error;
  }
}

const NOT_PLAIN = new Error('not plain JSON');

function copyOf(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw NOT_PLAIN;
      // JSON knows no negative zero.
      return value + 0;
    case 'object':
      if (value === null) return null;
      // A proxy answers as it likes, and may count how often it is asked.
      if (types.isProxy(value)) throw NOT_PLAIN;
      return Array.isArray(value) ? copyArray(value) : copyObject(value);
    default:
      throw NOT_PLAIN;
  }
}

function copyArray(value: readonly unknown[]): unknown[] {
  if (Object.getPrototypeOf(value) !== Array.prototype || 'toJSON' in value) throw NOT_PLAIN;
  const copy: unknown[] = [];
  for (let index = 0; index < value.length; index++) copy.push(copyOf(own(value, index)));
  return copy;
}

function copyObject(value: object): Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in value) throw NOT_PLAIN;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    // An assignment would set the prototype where a parser makes a property.
    if (key === '__proto__') throw NOT_PLAIN;
    const entry = own(value, key);
    if (entry !== undefined) copy[key] = copyOf(entry);
  }
  return copy;
}

/** A property's value, without running a getter. */
function own(value: object, key: string | number): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(value, key);
  if (!descriptor || !('value' in descriptor)) throw NOT_PLAIN;
  return descriptor.value;
}
