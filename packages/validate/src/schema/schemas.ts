import { hash } from 'node:crypto';
import { SchemaCompiler } from './compiler.ts';
import { Shape } from './shape.ts';
import { UnsupportedSchemaError } from './unsupported-schema-error.ts';

// Longer ones are known by their digests.
const MAX_KEY = 4096;
// In characters of JSON: more than providers take.
const MAX_SCHEMA = 1_000_000;

/** The shapes of schemas, each compiled once; those that were used last are kept. */
export class Schemas {
  readonly #compiler = new SchemaCompiler();
  readonly #known = new Map<string, Shape | UnsupportedSchemaError>();
  readonly #max: number;

  /** @param max how many are kept. */
  constructor(max: number) {
    this.#max = max;
  }

  /** The shape of a schema; the error of one by which nothing can be judged. Never throws. */
  of(schema: unknown): Shape | UnsupportedSchemaError {
    let key: string;
    try {
      key = keyOf(schema);
    } catch (error) {
      return UnsupportedSchemaError.of(error);
    }
    const known = this.#known.get(key);
    if (known) this.#known.delete(key);
    else if (this.#known.size >= this.#max) this.#known.delete(this.#known.keys().next().value as string);
    const shape = known ?? this.#compiled(schema);
    this.#known.set(key, shape);
    return shape;
  }

  #compiled(schema: unknown): Shape | UnsupportedSchemaError {
    try {
      return new Shape(schema, this.#compiler.compile(schema));
    } catch (error) {
      return UnsupportedSchemaError.of(error);
    }
  }
}

/** @throws {UnsupportedSchemaError} for a schema that is out of all proportion. */
function keyOf(schema: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(schema);
  } catch (error) {
    throw UnsupportedSchemaError.of(error);
  }
  if (text === undefined) throw new UnsupportedSchemaError('it is not valid');
  if (text.length > MAX_SCHEMA) throw new UnsupportedSchemaError('it is too large');
  return text.length > MAX_KEY ? hash('sha256', text) : text;
}
