import { fullFormats } from 'ajv-formats/dist/formats.js';
import { linearPattern } from './linear-pattern.ts';

/** The types of JSON, as bits. */
export const BIT = { null: 1, boolean: 2, number: 4, string: 8, array: 16, object: 32 } as const;
const ANY = 63;

/** Tries a text. */
interface TextTest {
  test(text: string): boolean;
}

/** The keywords of one schema object that can be told of a value while it comes. What else it has is left to the whole. */
export interface Plan {
  /** The types that are allowed, as bits. */
  readonly types: number;
  /** Their names, as the schema has them. */
  readonly typeNames: readonly string[];
  readonly integer: boolean;
  /** `const` or `enum`. */
  readonly values: readonly unknown[] | undefined;
  readonly maxLength: number;
  readonly minLength: number;
  readonly pattern: (TextTest & { readonly source: string }) | undefined;
  readonly format: (TextTest & { readonly source: string }) | undefined;
  readonly bounds: readonly Bound[];
  readonly multipleOf: number | undefined;
  readonly properties: ReadonlyMap<string, unknown>;
  readonly patternProperties: readonly (readonly [TextTest, unknown])[];
  /** The schema of all other properties; undefined where they may be anything. */
  readonly additional: unknown;
  readonly required: readonly string[];
  readonly maxProperties: number;
  readonly minProperties: number;
  readonly prefixItems: readonly unknown[];
  /** The schema of all other items; undefined where they may be anything. */
  readonly items: unknown;
  readonly maxItems: number;
  readonly minItems: number;
}

/** A limit of a number. */
interface Bound {
  readonly words: string;
  readonly limit: number;
  readonly holds: (value: number, limit: number) => boolean;
}

type Schema = Readonly<Record<string, unknown>>;

/** Reads the plan of a schema object. */
export function planOf(schema: Schema, formats: boolean): Plan {
  const { type, const: constant, additionalProperties, additionalItems } = schema;
  const typeNames = (Array.isArray(type) ? type : [type]).filter((name) => typeof name === 'string');
  // A constant goes with an enum as one more list; either of them tells.
  const values = 'const' in schema ? [constant] : listOf(schema['enum']);
  const older = Array.isArray(schema['items']);
  return {
    // Not of the standard, and yet understood by validators, where there is a type.
    types:
      (typesOf(typeNames) | (schema['nullable'] === true ? BIT.null : 0)) &
      (values ? typesOfValues(values) : ANY),
    typeNames,
    integer: typeNames.includes('integer') && !typeNames.includes('number'),
    values,
    maxLength: numberOf(schema['maxLength'], Infinity),
    minLength: numberOf(schema['minLength'], 0),
    pattern: patternOf(schema['pattern']),
    format: formats ? formatOf(schema['format']) : undefined,
    bounds: boundsOf(schema),
    multipleOf: typeof schema['multipleOf'] === 'number' ? schema['multipleOf'] : undefined,
    properties: new Map(Object.entries(recordOf(schema['properties']))),
    patternProperties: patternsOf(recordOf(schema['patternProperties'])),
    additional: additionalProperties,
    required: (listOf(schema['required']) ?? []).filter((name) => typeof name === 'string'),
    maxProperties: numberOf(schema['maxProperties'], Infinity),
    minProperties: numberOf(schema['minProperties'], 0),
    prefixItems: listOf(older ? schema['items'] : schema['prefixItems']) ?? [],
    items: older ? additionalItems : schema['items'],
    maxItems: numberOf(schema['maxItems'], Infinity),
    minItems: numberOf(schema['minItems'], 0),
  };
}

/** Whether a plan has room for a property whose name begins so. */
export function allowsKeyPrefix(plan: Plan, prefix: string): boolean {
  if (plan.additional !== false || plan.patternProperties.length > 0) return true;
  for (const name of plan.properties.keys()) if (name.startsWith(prefix)) return true;
  return false;
}

const NEVER_WRONG: TextTest = { test: () => true };

function patternOf(pattern: unknown): Plan['pattern'] {
  if (typeof pattern !== 'string') return undefined;
  try {
    return Object.assign(linearPattern(pattern), { source: pattern });
  } catch {
    return undefined;
  }
}

function patternsOf(patterns: Schema): Plan['patternProperties'] {
  return Object.entries(patterns).map(([pattern, schema]) => [patternOf(pattern) ?? NEVER_WRONG, schema]);
}

function formatOf(name: unknown): Plan['format'] {
  if (typeof name !== 'string' || !Object.hasOwn(fullFormats, name)) return undefined;
  const format: unknown = fullFormats[name as keyof typeof fullFormats];
  const { type = 'string', validate = format } = Object(format) as { type?: string; validate?: unknown };
  if (type !== 'string') return undefined;
  if (validate instanceof RegExp) return { test: (text) => validate.test(text), source: name };
  if (typeof validate !== 'function') return undefined;
  return { test: (text) => Boolean((validate as (text: string) => unknown)(text)), source: name };
}

const COMPARISONS: readonly (readonly [keyword: string, words: string, holds: Bound['holds']])[] = [
  ['minimum', '>=', (value, limit) => value >= limit],
  ['maximum', '<=', (value, limit) => value <= limit],
  ['exclusiveMinimum', '>', (value, limit) => value > limit],
  ['exclusiveMaximum', '<', (value, limit) => value < limit],
];

function boundsOf(schema: Schema): readonly Bound[] {
  return COMPARISONS.flatMap(([keyword, words, holds]) => {
    const limit = schema[keyword];
    return typeof limit === 'number' ? [{ words, limit, holds }] : [];
  });
}

function typesOf(names: readonly string[]): number {
  if (names.length === 0) return ANY;
  return names.reduce(
    (bits, name) => bits | (BIT[(name === 'integer' ? 'number' : name) as keyof typeof BIT] ?? 0),
    0,
  );
}

function typesOfValues(values: readonly unknown[]): number {
  return values.reduce<number>((bits, value) => bits | BIT[typeOf(value)], 0);
}

/** The type of a JSON value. */
export function typeOf(value: unknown): keyof typeof BIT {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as 'boolean' | 'number' | 'string' | 'object';
}

function numberOf(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function recordOf(value: unknown): Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}

function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? (value as readonly unknown[]) : undefined;
}
