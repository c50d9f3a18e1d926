import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { anyJson, Shape } from './schema/shape.ts';
import { pointerStep, type Violation } from './violation.ts';

/** A schema of any library that keeps the Standard Schema specification: zod, valibot, arktype, ... */
export type AnyStandardSchema = StandardSchemaV1;

/** Tells a schema by the specification's marker. Those of some libraries are functions. */
export function isStandardSchema(value: unknown): value is AnyStandardSchema {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    typeof (value as Partial<AnyStandardSchema>)['~standard']?.validate === 'function'
  );
}

/** What a schema says to a parsed answer. Its transforms are not applied: the answer stays what the model wrote. */
export function standardViolations(
  schema: AnyStandardSchema,
  value: unknown,
): readonly Violation[] | Promise<readonly Violation[]> {
  const result = schema['~standard'].validate(value);
  return result instanceof Promise ? result.then(violationsOf) : violationsOf(result);
}

function violationsOf({ issues }: StandardSchemaV1.Result<unknown>): readonly Violation[] {
  return (issues ?? []).map(({ message, path = [] }) => ({
    rule: 'schema',
    path: path.map((step) => pointerStep(String(typeof step === 'object' ? step.key : step))).join(''),
    expected: message,
  }));
}

/** The JSON schema that a schema tells of itself, to follow an answer by. Any JSON where it tells none. */
export function shapeToFollow(schema: AnyStandardSchema): Shape {
  const { jsonSchema } = schema['~standard'] as Partial<StandardJSONSchemaV1.Props>;
  if (!jsonSchema) return anyJson();
  try {
    // What is a date or an address to the library need not be one to us.
    return new Shape(jsonSchema.input({ target: 'draft-2020-12' }), undefined, { formats: false });
  } catch {
    // Not every schema can be written as JSON.
    return anyJson();
  }
}
