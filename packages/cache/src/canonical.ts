// Deeper than any request is, and well within the stack.
const MAX_DEPTH = 200;

/**
 * Writes a value as canonical JSON (RFC 8785): members in the order of their names' UTF-16 code units, no white space.
 * Members that are undefined are left out, as `JSON.stringify` leaves them.
 *
 * @param write is given the text in pieces, so that a long one need never be there at once.
 * @returns false for what is no JSON: files, dates, functions, or something too deep to be a request.
 */
export function canonical(value: unknown, write: (text: string) => void, depth = 0): boolean {
  if (
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    value === null
  ) {
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

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
