import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SchemaCompiler } from '../schema/compiler.ts';
import { Planner } from '../schema/planner.ts';
import { Follower } from './follower.ts';

/** How many characters have come when it is told that they cannot become right; undefined where that never is. */
function stopOf(schema: unknown, text: string): number | undefined {
  const follower = new Follower(new Planner(schema));
  for (let at = 0; at < text.length; at++) if (follower.push(text[at] as string)) return at + 1;
  return undefined;
}

type Schema = Record<string, unknown>;

const word = fc.constantFrom('a', 'ab', 'b', 'ba', 'c');
const scalar: fc.Arbitrary<unknown> = fc.oneof(
  word,
  fc.constantFrom(0, 1, 10, 12, -1, 2.5),
  fc.boolean(),
  fc.constant(null),
);

// Of the ways to write a number, the small documents know one: these have no other with the same beginning.
const plainScalar = fc.oneof(word, fc.constantFrom(1, 12, -3, 45), fc.boolean(), fc.constant(null));

/** Schemas that a small number of documents keep, so that all of them can be written down. */
const small = fc.letrec<{ schema: Schema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.record({ enum: fc.uniqueArray(plainScalar, { minLength: 1, maxLength: 3, comparator: 'SameValue' }) }),
    fc.record({ const: plainScalar }),
    fc.constantFrom<Schema>({ type: 'boolean' }, { type: 'null' }, { type: ['null', 'boolean'] }),
    fc
      .tuple(
        fc.uniqueArray(word, { maxLength: 2 }),
        fc.array(tie('schema'), { minLength: 2, maxLength: 2 }),
        fc.integer({ min: 0, max: 2 }),
      )
      .map(([names, schemas, required]): Schema => ({
        type: 'object',
        properties: Object.fromEntries(names.map((name, at) => [name, schemas[at]])),
        required: names.slice(0, required),
        additionalProperties: false,
      })),
    fc
      .tuple(tie('schema'), fc.integer({ min: 0, max: 1 }), fc.integer({ min: 1, max: 2 }))
      .map(([items, minItems, maxItems]): Schema => ({ type: 'array', items, minItems, maxItems })),
    fc.array(tie('schema'), { minLength: 1, maxLength: 2 }).map((anyOf): Schema => ({ anyOf })),
  ),
})).schema;

const MOST = 400;

/** All that keeps a small schema, as compact JSON; undefined where it is too much. */
function languageOf(schema: Schema): readonly string[] | undefined {
  if ('const' in schema) return [JSON.stringify(schema['const'])];
  if (schema['enum']) return (schema['enum'] as unknown[]).map((value) => JSON.stringify(value));
  if (schema['anyOf']) return union((schema['anyOf'] as Schema[]).map(languageOf));
  const { type } = schema;
  if (type === 'object') return objectsOf(schema);
  if (type === 'array') {
    const items = languageOf(schema['items'] as Schema);
    if (!items || items.length ** 2 > MOST) return undefined;
    const lists: string[] = [];
    if (schema['minItems'] === 0) lists.push('[]');
    lists.push(...items.map((item) => `[${item}]`));
    if (schema['maxItems'] === 2)
      lists.push(...items.flatMap((one) => items.map((two) => `[${one},${two}]`)));
    return bounded(lists);
  }
  return [type].flat().flatMap((name) => (name === 'null' ? ['null'] : ['true', 'false']));
}

function objectsOf(schema: Schema): readonly string[] | undefined {
  const properties = Object.entries(schema['properties'] as Record<string, Schema>);
  const languages = new Map(properties.map(([name, value]) => [name, languageOf(value)]));
  const objects: string[] = [];
  // Also with a key twice, which is JSON.
  const grow = (members: readonly string[], names: readonly string[]): void => {
    if ((schema['required'] as string[]).every((name) => names.includes(name)))
      objects.push(`{${members.join(',')}}`);
    if (objects.length > MOST || names.length > properties.length) return;
    for (const [name, values] of languages) {
      for (const value of values ?? [])
        grow([...members, `${JSON.stringify(name)}:${value}`], [...names, name]);
    }
  };
  if ([...languages.values()].includes(undefined)) return undefined;
  grow([], []);
  return bounded(objects);
}

function union(languages: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  return languages.includes(undefined) ? undefined : bounded(languages.flatMap((one) => one ?? []));
}

function bounded(all: readonly string[]): readonly string[] | undefined {
  return all.length > MOST ? undefined : all;
}

describe('against all documents that keep a small schema', () => {
  test('stops at the first character after which nothing keeps it, and never before', () => {
    fc.assert(
      fc.property(
        small,
        fc.nat(),
        fc.nat(),
        fc.constantFrom(...'{}[]",:1245abcntf'.split(''), undefined),
        (schema, pick, place, other) => {
          const language = languageOf(schema);
          fc.pre(language !== undefined && language.length > 0);
          if (!language) return;
          // Those without a key twice, so that there is room in the language for one more.
          const plain = language.filter((one) => JSON.stringify(JSON.parse(one)) === one);
          const document = plain[pick % plain.length] as string;
          const at = place % document.length;
          // One character of a right document is another one, or the document goes on.
          const text =
            other === undefined ? document : document.slice(0, at) + other + document.slice(at + 1);
          let first: number | undefined;
          for (let end = 1; end <= text.length && first === undefined; end++) {
            if (!language.some((one) => one.startsWith(text.slice(0, end)))) first = end;
          }
          expect([schema, text, stopOf(schema, text)]).toEqual([schema, text, first]);
        },
      ),
      { numRuns: 3000 },
    );
  });
});

/** Schemas of all sorts. */
const any = fc.letrec<{ schema: Schema | boolean }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.record({ type: fc.constantFrom('string', 'number', 'integer', 'boolean', 'null', 'array', 'object') }),
    fc.record({
      type: fc.constant('string'),
      maxLength: fc.integer({ min: 0, max: 4 }),
      minLength: fc.integer({ min: 0, max: 2 }),
    }),
    fc.record({
      type: fc.constant('string'),
      pattern: fc.constantFrom('^a', 'b$', '^[a-c]*$', '(?=a)b', '\\d'),
    }),
    fc.record({ type: fc.constant('string'), format: fc.constantFrom('date', 'email', 'uuid', 'no-such') }),
    fc.record({ minimum: fc.integer({ min: -5, max: 5 }), exclusiveMaximum: fc.integer({ min: 0, max: 9 }) }),
    fc.record({ type: fc.constant('number'), multipleOf: fc.constantFrom(1, 2, 0.5) }),
    fc.record({ enum: fc.array(fc.jsonValue({ maxDepth: 1 }), { minLength: 1, maxLength: 3 }) }),
    fc.record({ const: fc.jsonValue({ maxDepth: 1 }) }),
    fc.record(
      {
        type: fc.constant('object'),
        properties: fc.dictionary(word, tie('schema'), { maxKeys: 3 }),
        required: fc.uniqueArray(word, { maxLength: 2 }),
        additionalProperties: fc.oneof(fc.boolean(), tie('schema')),
        patternProperties: fc.dictionary(fc.constantFrom('^a', 'b$'), tie('schema'), { maxKeys: 1 }),
        minProperties: fc.integer({ min: 0, max: 1 }),
        maxProperties: fc.integer({ min: 1, max: 3 }),
      },
      { requiredKeys: [] },
    ),
    fc.record(
      {
        type: fc.constant('array'),
        items: tie('schema'),
        prefixItems: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
        minItems: fc.integer({ min: 0, max: 2 }),
        maxItems: fc.integer({ min: 0, max: 3 }),
        uniqueItems: fc.boolean(),
      },
      { requiredKeys: ['type'] },
    ),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
    fc.record({
      allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
      type: fc.constantFrom('object', 'string', ['array', 'null']),
    }),
    fc.record({ not: tie('schema') }),
    fc.record({ $ref: fc.constantFrom('#', '#/$defs/one', '#/$defs/nothing', 'other#') }),
    fc.boolean(),
  ),
})).schema;

const root = fc
  .tuple(any, any)
  .map(([schema, one]) => (typeof schema === 'boolean' ? schema : { ...schema, $defs: { one } }));

/** Documents in the manner of the schemas, so that they keep some. */
const document = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    scalar,
    fc.constantFrom('2024-01-01', 'a@b.c', '😀b', 'é"\\/', '', 3, 1e21, -0),
    fc.dictionary(word, tie('value'), { maxKeys: 3 }),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
})).value;

const layout = fc.constantFrom(
  (value: unknown) => JSON.stringify(value),
  (value: unknown) => JSON.stringify(value, null, 2),
  (value: unknown) => JSON.stringify(value).replaceAll('a', '\\u0061'),
);

test('never stops at a prefix of a document that keeps the schema, however it is written and cut', () => {
  const compiler = new SchemaCompiler();
  let kept = 0;
  fc.assert(
    fc.property(
      root,
      fc.array(document, { minLength: 20, maxLength: 20 }),
      layout,
      fc.integer({ min: 1, max: 9 }),
      (schema, values, write, size) => {
        let errors;
        try {
          errors = compiler.compile(schema);
        } catch {
          return;
        }
        for (const value of values) {
          const text = write(value);
          let right;
          try {
            right = errors(JSON.parse(text)).length === 0;
          } catch {
            return;
          }
          const follower = new Follower(new Planner(schema));
          let violation;
          for (let at = 0; at < text.length; at += size) violation = follower.push(text.slice(at, at + size));
          if (!right) continue;
          kept++;
          expect([schema, text, violation]).toEqual([schema, text, undefined]);
        }
      },
    ),
    { numRuns: 1500 },
  );
  // The law is about those.
  expect(kept).toBeGreaterThan(2000);
});

test('says the same however the text is cut, and says it for ever', () => {
  fc.assert(
    fc.property(
      root,
      document,
      layout,
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }),
      (schema, value, write, sizes) => {
        const text = write(value);
        const stop = stopOf(schema, text);
        const follower = new Follower(new Planner(schema));
        for (let at = 0, turn = 0; at < text.length; turn++) {
          const end = at + (sizes[turn % sizes.length] as number);
          const violation = follower.push(text.slice(at, end));
          at = end;
          expect(violation !== undefined).toBe(stop !== undefined && stop <= at);
        }
      },
    ),
    { numRuns: 1500 },
  );
});
