// Deeper than any request is, and well within the stack.
const MAX_DEPTH = 200;
// Objects order such names by their numbers, whatever the order they were added in.
const INDEX = /^(?:0|[1-9]\d*)$/;

/**
 * Writes a value as canonical JSON (RFC 8785): members in the order of their names' UTF-16 code units, no white space.
 * Members that are undefined are left out, as `JSON.stringify` leaves them.
 *
 * @param write is given the text in pieces, so that a long one need never be there at once.
 * @returns false for what is no JSON: files, dates, functions, or something too deep to be a request.
 */
export function canonical(value: unknown, write: (text: string) => void, depth = 0): boolean {
  if (isScalar(value)) {
    write(JSON.stringify(value));
    return true;
  }
  if (typeof value !== 'object' || depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      write(index === 0 ? '[' : ',');
      if (!canonical(item ?? null, write, depth + 1)) return false;
    }
    write(value.length === 0 ? '[]' : ']');
    return true;
  }
  if (!isPlain(value)) return false;
  const record = value as Readonly<Record<string, unknown>>;
  let first = true;
  for (const name of Object.keys(record).toSorted()) {
    const member = record[name];
    if (member === undefined) continue;
    write(`${first ? '{' : ','}${JSON.stringify(name)}:`);
    first = false;
    if (!canonical(member, write, depth + 1)) return false;
  }
  write(first ? '{}' : '}');
  return true;
}

/**
 * A copy whose `JSON.stringify` is the canonical text, which for what is short is quicker than to write it. Undefined
 * where there is none, or where an object cannot have its members in that order.
 */
export function inOrder(value: unknown, depth = 0): unknown {
  if (isScalar(value)) return value;
  if (typeof value !== 'object' || depth > MAX_DEPTH) return undefined;
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value as readonly unknown[]) {
      const ordered = inOrder(item ?? null, depth + 1);
      if (ordered === undefined) return undefined;
      items.push(ordered);
    }
    return items;
  }
  if (!isPlain(value)) return undefined;
  const record = value as Readonly<Record<string, unknown>>;
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(record).toSorted()) {
    const member = record[name];
    if (member === undefined) continue;
    const ordered = inOrder(member, depth + 1);
    if (ordered === undefined || INDEX.test(name) || name === '__proto__' || name === 'toJSON')
      return undefined;
    copy[name] = ordered;
  }
  return copy;
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return (
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
