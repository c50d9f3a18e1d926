/** A parsed JSON object. */
export type JsonRecord = { readonly [key: string]: unknown };

/** Says whether a value is an object with fields: neither null nor an array. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Says whether a value is an array, without letting its items become `any`. */
export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** The value if it is a string, and `undefined` otherwise. */
export function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Sets a field by copy; returns the same object when the field has that value already. */
export function withField<T extends JsonRecord>(record: T, key: string, value: unknown): T {
  return Object.is(record[key], value) ? record : { ...record, [key]: value };
}

/** Maps a list; returns the same list when every item stayed the same. */
export function mapItems(
  list: readonly unknown[],
  map: (item: unknown, index: number) => unknown,
): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    const mapped = map(item, index);
    if (!Object.is(mapped, item)) (copy ??= list.slice())[index] = mapped;
  }
  return copy ?? list;
}
