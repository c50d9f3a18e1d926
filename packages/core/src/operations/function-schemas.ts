import { isList, isRecord, type JsonRecord } from './json.ts';

/** Reads the schemas of functions out of their definitions; undefined where there are none. */
export function functionSchemas(definitions: Iterable<unknown>): ReadonlyMap<string, unknown> | undefined {
  let schemas: Map<string, unknown> | undefined;
  for (const definition of definitions) {
    if (!isRecord(definition) || typeof definition['name'] !== 'string') continue;
    (schemas ??= new Map()).set(definition['name'], definition['parameters'] ?? undefined);
  }
  return schemas;
}

/** The items of a value that are records, if it is a list. */
export function records(value: unknown): readonly JsonRecord[] {
  return isList(value) ? value.filter(isRecord) : [];
}
