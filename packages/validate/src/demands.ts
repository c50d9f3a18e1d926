import { eventType, type Call, type EventType, type Shapes } from '@interpose/core';
import type { Check } from './check.ts';
import type { Schemas } from './schema/schemas.ts';
import { anyJson, Shape } from './schema/shape.ts';
import type { UnsupportedSchemaError } from './schema/unsupported-schema-error.ts';
import { shapeToFollow, type AnyStandardSchema } from './standard-schema.ts';
import type { ValidateSettings } from './validate-options.ts';

/** A schema by which nothing can be judged: what it is of is looked at as if it asked for any JSON. */
export const unsupported: EventType<{ place: string; reason: string }> = eventType('validate.unsupported');

/** What the answer to one call has to be. */
export interface Demands {
  /** Of the text; undefined where it need not be JSON. */
  readonly answer: Shape | undefined;
  /** What the text has to be besides. */
  readonly standard: AnyStandardSchema | undefined;
  /** Of the arguments of a function; undefined where nothing is known of it. Absent where they may be anything. */
  readonly shapeOfFunction: ((name: string) => Shape | undefined) | undefined;
  readonly checks: readonly Check[];
}

/** Finds out what is demanded of answers. */
export class DemandReader {
  readonly #settings: ValidateSettings;
  readonly #schemas: Schemas;
  /** What of a Standard Schema can be followed. */
  readonly #followed = new WeakMap<AnyStandardSchema, Shape>();
  readonly #any = anyJson();

  constructor(settings: ValidateSettings, schemas: Schemas) {
    this.#settings = settings;
    this.#schemas = schemas;
  }

  /** What the answer to a call has to be; undefined where there is nothing to look at. */
  of(call: Call): Demands | undefined {
    const { operation } = call;
    if (!operation.shapes) return undefined;
    const { shouldValidate, schemaOf, checksOf, toolArguments } = this.#settings;
    if (shouldValidate && !shouldValidate({ call })) return undefined;
    const standard = schemaOf(call);
    const checks = checksOf(call);
    const shapes = operation.shapes(call.params);
    const answer = this.#answer(shapes.answer, standard, call);
    const shapeOfFunction = toolArguments ? this.#functions(shapes.functions, call) : undefined;
    if (!answer && !shapeOfFunction && checks.length === 0) return undefined;
    return { answer, standard, shapeOfFunction, checks };
  }

  #answer(asked: Shapes['answer'], standard: AnyStandardSchema | undefined, call: Call): Shape | undefined {
    if (asked?.kind === 'schema') return this.#shapeOf(asked.schema, 'answer', call);
    if (!standard) return asked && this.#any;
    let shape = this.#followed.get(standard);
    if (!shape) this.#followed.set(standard, (shape = shapeToFollow(standard)));
    return shape;
  }

  /** Of many functions few are called: their schemas are looked at then. */
  #functions(schemas: Shapes['functions'], call: Call): Demands['shapeOfFunction'] {
    if (!schemas || schemas.size === 0) return undefined;
    const shapes = new Map<string, Shape>();
    return (name) => {
      if (!schemas.has(name)) return undefined;
      let shape = shapes.get(name);
      if (!shape) {
        const schema = schemas.get(name);
        shape = schema === undefined ? this.#any : this.#shapeOf(schema, name, call);
        shapes.set(name, shape);
      }
      return shape;
    };
  }

  #shapeOf(schema: unknown, place: string, call: Call): Shape {
    const found: Shape | UnsupportedSchemaError = this.#schemas.of(schema);
    if (found instanceof Shape) return found;
    const { events } = call.runtime;
    if (events.active) events.emit(unsupported, 'validate', call, { place, reason: found.message });
    return this.#any;
  }
}
