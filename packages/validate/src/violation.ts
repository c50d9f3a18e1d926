/** One thing that is wrong with an answer. */
export interface Violation {
  /** What was broken: `json`, `schema`, or the name of a check. */
  readonly rule: string;
  /** Where, as a JSON pointer (RFC 6901); empty for the whole. */
  readonly path: string;
  /** What was expected there: `must be string`. */
  readonly expected: string;
  /** The function whose arguments it is in. Absent where it is in the answer itself. */
  readonly function?: string;
  /** The beginning of what stands there. */
  readonly excerpt?: string;
}

/** A key or an index as a step of a JSON pointer (RFC 6901, section 3). */
export function pointerStep(key: string | number): string {
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The value at a JSON pointer; undefined where there is none. */
export function valueAt(root: unknown, pointer: string): unknown {
  let value = root;
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** The words for what a schema expects, in the manner of Ajv's messages, for both ways of looking. */
export const expected = {
  type: (types: readonly string[]): string => `must be ${types.join(' or ')}`,
  values: (values: readonly unknown[]): string =>
    values.length === 1
      ? `must be ${JSON.stringify(values[0])}`
      : `must be one of ${cut(values.map((value) => JSON.stringify(value)).join(', '), 200)}`,
  closed: 'must not have other properties than those of the schema',
  maxLength: (limit: number): string => `must not have more than ${limit} characters`,
  minLength: (limit: number): string => `must not have fewer than ${limit} characters`,
  maxItems: (limit: number): string => `must not have more than ${limit} items`,
  minItems: (limit: number): string => `must not have fewer than ${limit} items`,
  maxProperties: (limit: number): string => `must not have more than ${limit} properties`,
  minProperties: (limit: number): string => `must not have fewer than ${limit} properties`,
  required: (name: string): string => `must have the property ${JSON.stringify(name)}`,
  pattern: (pattern: string): string => `must match the pattern ${cut(pattern, 200)}`,
  format: (format: string): string => `must be a valid ${format}`,
  bound: (comparison: string, limit: number): string => `must be ${comparison} ${limit}`,
  multipleOf: (divisor: number): string => `must be a multiple of ${divisor}`,
  alternative: 'must be one of the alternatives of the schema',
  json: 'must be JSON',
} as const;

/** A text that is not longer than so many characters. */
export function cut(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, characters - 3)}...` : text;
}
