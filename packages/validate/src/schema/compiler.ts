import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { dialectOf, type Dialect } from './dialect.ts';
import { linearPattern } from './linear-pattern.ts';
import { UnsupportedSchemaError } from './unsupported-schema-error.ts';

// Ajv keeps something of each schema for as long as it lives.
const SCHEMAS_PER_INSTANCE = 100;
// References may double the work at each level; an honest schema makes a few calls for each value of the answer.
const MAX_STEPS = 1_000_000;

/** Says what is wrong with a value; empty where nothing is. */
export type Errors = (value: unknown) => readonly ErrorObject[];

interface Instance {
  readonly ajv: Ajv | Ajv2019 | Ajv2020;
  readonly lax: Set<string>;
  compiled: number;
}

/** Compiles JSON schemas to functions, whatever is in them: they may be written by strangers. */
export class SchemaCompiler {
  readonly #instances = new Map<Dialect, Instance>();
  readonly #steps: Steps = { left: 0 };

  /**
   * Compiles a schema. A `pattern` that cannot be tried in linear time is not enforced.
   *
   * @throws {UnsupportedSchemaError} for what is no schema, or refers to something outside of it.
   */
  compile(schema: unknown): Errors {
    const dialect = dialectOf(schema);
    if (!dialect) throw new UnsupportedSchemaError('it is written in an unknown draft of JSON Schema');
    const { validate, lax } = this.#compiled(dialect, schema);
    if (lax.size > 0 && namesPatterns(schema, lax)) {
      throw new UnsupportedSchemaError('a pattern of patternProperties cannot be tried in linear time');
    }
    return (value) => {
      this.#steps.left = MAX_STEPS;
      try {
        return validate(value) ? [] : (validate.errors ?? []);
      } catch (error) {
        // References in a circle, or a value that is nested deeper than the stack is.
        throw UnsupportedSchemaError.of(error);
      } finally {
        validate.errors = null;
      }
    };
  }

  #compiled(dialect: Dialect, schema: unknown): { validate: ValidateFunction; lax: ReadonlySet<string> } {
    const instance = this.#instanceOf(dialect);
    const { ajv, lax } = instance;
    lax.clear();
    // The schema is itself validated, by that of its draft.
    this.#steps.left = MAX_STEPS;
    try {
      return { validate: ajv.compile(schema as object), lax: new Set(lax) };
    } catch (error) {
      // It may have left names behind that later schemas have as well, or have met with some.
      this.#instances.delete(dialect);
      if (instance.compiled > 0) return this.#compiled(dialect, schema);
      throw UnsupportedSchemaError.of(error);
    } finally {
      instance.compiled++;
      if (typeof schema === 'object' && schema !== null) ajv.removeSchema(schema);
    }
  }

  #instanceOf(dialect: Dialect): Instance {
    const known = this.#instances.get(dialect);
    if (known && known.compiled < SCHEMAS_PER_INSTANCE) return known;
    const made = newInstance(dialect, this.#steps);
    this.#instances.set(dialect, made);
    return made;
  }
}

/** What a validation may still do. */
interface Steps {
  left: number;
}

function newInstance(dialect: Dialect, steps: Steps): Instance {
  const lax = new Set<string>();
  const Class = dialect === '2020-12' ? Ajv2020 : dialect === '2019-09' ? Ajv2019 : Ajv;
  const options: Options = {
    strict: false,
    allErrors: true,
    // What every object inherits is in no answer.
    ownProperties: true,
    // So that each reference is a call, and counted.
    inlineRefs: false,
    logger: false,
    formats: fullFormats,
    code: {
      regExp: Object.assign((pattern: string) => patternOf(pattern, lax), { code: 'linearPattern' }),
      process: (code) => code.replace(FUNCTION_HEAD, '$&self.step();'),
    },
  };
  const ajv = new Class(options);
  const step = (): void => {
    if (--steps.left < 0) throw new UnsupportedSchemaError('it takes too many steps');
  };
  return { ajv: Object.assign(ajv, { step }), lax, compiled: 0 };
}

// As Ajv writes it: the options of a validation are destructured, with braces in their defaults.
const FUNCTION_HEAD = /function validate\d+\(data, ?\{.*?\} ?= ?\{\}\) ?\{/;

function patternOf(pattern: string, lax: Set<string>): RegExp {
  // Ajv tells patterns apart by what they are as a string.
  const toString = (): string => `/${pattern}/`;
  try {
    return Object.assign(linearPattern(pattern), { toString }) as unknown as RegExp;
  } catch {
    lax.add(pattern);
    return { test: () => true, toString } as unknown as RegExp;
  }
}

/** Whether one of the patterns decides which properties a schema is for. */
function namesPatterns(schema: unknown, patterns: ReadonlySet<string>): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  return Object.entries(schema).some(
    ([key, value]) =>
      (key === 'patternProperties' && Object.keys(Object(value)).some((name) => patterns.has(name))) ||
      namesPatterns(value, patterns),
  );
}
