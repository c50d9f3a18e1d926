import { inspect } from 'node:util';

const DEEPEST = 12;

/** Finds `text` in a value or in whatever it refers to; returns the place, in words. */
export function leaks(value: unknown, text: string): string | undefined {
  return search(value, text, 'it', new Set());
}

function search(value: unknown, text: string, place: string, seen: Set<object>): string | undefined {
  if (typeof value === 'string') return value.includes(text) ? place : undefined;
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  if (seen.has(value) || seen.size > 10_000) return undefined;
  seen.add(value);
  for (const [name, part] of partsOf(value)) {
    const found = search(part, text, `${place}.${name}`, seen);
    if (found !== undefined) return found;
  }
  return shown(value, text, place);
}

/** Everything that is the value's own, enumerable or not, and what collections hold. */
function* partsOf(value: object): Generator<[name: string, part: unknown]> {
  for (const key of Reflect.ownKeys(value)) {
    let part: unknown;
    try {
      part = (value as Record<PropertyKey, unknown>)[key];
    } catch {
      continue;
    }
    yield [String(key), part];
  }
  if (value instanceof Map)
    yield* [...value].map(([key, part]): [string, unknown] => [`get(${String(key)})`, part]);
  if (value instanceof Headers) yield* value;
  if (value instanceof Set) yield* [...value].map((part): [string, unknown] => ['has()', part]);
}

/** What printing the value shows beyond its parts. */
function shown(value: object, text: string, place: string): string | undefined {
  if (inspect(value, { depth: DEEPEST }).includes(text)) return `util.inspect(${place})`;
  try {
    return JSON.stringify(value)?.includes(text) ? `JSON.stringify(${place})` : undefined;
  } catch {
    return undefined;
  }
}
