/** The date that ends the name of a snapshot: `-2024-08-06`, or `-0613` in older ones. */
const SNAPSHOT = /-(?:\d{4}-\d{2}-\d{2}|\d{4})$/;

/**
 * The names under which a model may be listed, the most particular first: as it is given, without the provider
 * before it (`openai/gpt-4o`), without the date of its snapshot.
 */
export function namesOf(model: string): readonly string[] {
  const given = model.trim().toLowerCase();
  const bare = given.slice(given.lastIndexOf('/') + 1);
  return [...new Set([given, bare, bare.replace(SNAPSHOT, '')])];
}

/** Finds what is listed for any of a model's names; see {@link byName}. */
export type Lookup<T> = (names: readonly string[]) => T | undefined;

/**
 * Prepares to look models up in a record. A key is a name, or the beginning of names followed by `*`. A name wins over
 * a beginning, a longer beginning over a shorter one.
 */
export function byName<T>(record: Readonly<Record<string, T>>): Lookup<T> {
  const exact = new Map<string, T>();
  const beginnings: [beginning: string, value: T][] = [];
  for (const [key, value] of Object.entries(record)) {
    const name = key.trim().toLowerCase();
    if (name.endsWith('*')) beginnings.push([name.slice(0, -1), value]);
    else exact.set(name, value);
  }
  beginnings.sort(([a], [b]) => b.length - a.length);

  return (names) => {
    const name = names.find((candidate) => exact.has(candidate));
    if (name !== undefined) return exact.get(name);
    return beginnings.find(([beginning]) => names.some((candidate) => candidate.startsWith(beginning)))?.[1];
  };
}
