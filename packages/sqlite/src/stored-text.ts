// The newest Node reads a text to its end, Node 22 only to a NUL; and half of a surrogate pair is no UTF-8. Two names
// that differ in such would be one.
const UNSAFE = /[\0\\]|\p{Surrogate}/gu;
const ESCAPED = /\\u([0-9a-f]{4})/g;

/** A text as the file holds it: what SQLite or UTF-8 would lose is escaped. */
export function stored(text: string): string {
  return text.replaceAll(UNSAFE, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The text that was {@link stored}. */
export function restored(text: string): string {
  return text.replaceAll(ESCAPED, (_, unit: string) => String.fromCharCode(Number.parseInt(unit, 16)));
}
