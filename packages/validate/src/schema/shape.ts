import type { ErrorObject } from 'ajv';
import { expected, pointerStep, type Violation } from '../violation.ts';
import type { Errors } from './compiler.ts';
import { Planner, type PlannerOptions } from './planner.ts';

// The first of them are what a person, or a model, can do something about.
const MAX_VIOLATIONS = 20;

/** What JSON has to look like: told of the whole, and followed while it comes. */
export class Shape {
  readonly planner: Planner;
  readonly #errors: Errors | undefined;

  /** @param errors judges the whole; without it, the whole may be anything that is JSON. */
  constructor(schema: unknown, errors?: Errors, options?: PlannerOptions) {
    this.planner = new Planner(schema, options);
    this.#errors = errors;
  }

  /**
   * What is wrong with a value.
   *
   * @throws {UnsupportedSchemaError} where the schema goes round in circles.
   */
  violations(value: unknown): readonly Violation[] {
    const errors = this.#errors?.(value) ?? [];
    if (errors.length === 0) return NONE;
    const found = new Map<string, Violation>();
    for (const error of errors) {
      if (found.size === MAX_VIOLATIONS) break;
      const violation: Violation = { rule: 'schema', path: error.instancePath, expected: wordsOf(error) };
      found.set(`${violation.path} ${violation.expected}`, violation);
    }
    return [...found.values()];
  }
}

const NONE: readonly Violation[] = [];

/** Any JSON. */
export function anyJson(): Shape {
  return new Shape(true);
}

function wordsOf({ keyword, params, message, instancePath }: ErrorObject): string {
  const { limit } = params as { limit: number };
  switch (keyword) {
    case 'type':
      return expected.type([(params as { type: string | string[] }).type].flat());
    case 'enum':
      return expected.values((params as { allowedValues: unknown[] }).allowedValues);
    case 'const':
      return expected.values([(params as { allowedValue: unknown }).allowedValue]);
    case 'additionalProperties':
      return expected.closed;
    case 'required':
      return expected.required((params as { missingProperty: string }).missingProperty);
    case 'maxLength':
    case 'minLength':
    case 'maxItems':
    case 'minItems':
    case 'maxProperties':
    case 'minProperties':
      return expected[keyword](limit);
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return expected.bound((params as { comparison: string }).comparison, limit);
    case 'multipleOf':
      return expected.multipleOf((params as { multipleOf: number }).multipleOf);
    case 'pattern':
      return expected.pattern((params as { pattern: string }).pattern);
    case 'format':
      return expected.format((params as { format: string }).format);
    case 'anyOf':
    case 'oneOf':
      return expected.alternative;
    default:
      // Those of Ajv quote the schema, never the value.
      return message ?? `must keep ${keyword}${pointerStep(instancePath)}`;
  }
}
