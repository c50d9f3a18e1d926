import { describe, expect, test } from 'vitest';
import { Schemas } from './schemas.ts';
import { Shape } from './shape.ts';
import { UnsupportedSchemaError } from './unsupported-schema-error.ts';

/** What comes of a schema that may be anybody's: the violations of a value, or why there are none to tell. */
function told(schema: unknown, value: unknown): unknown {
  const shape = new Schemas(10).of(schema);
  if (!(shape instanceof Shape)) return shape.message;
  try {
    return shape.violations(value).map(({ path, expected }) => `${path} ${expected}`);
  } catch (error) {
    if (error instanceof UnsupportedSchemaError) return error.message;
    throw error;
  }
}

function doubling(levels: number, inValues: boolean): object {
  const $defs: Record<string, unknown> = { d0: { type: 'string' } };
  for (let level = 1; level <= levels; level++) {
    const $ref = `#/$defs/d${level - 1}`;
    $defs[`d${level}`] = {
      allOf: inValues
        ? [{ properties: { a: { $ref } } }, { properties: { a: { $ref } } }]
        : [{ $ref }, { $ref }],
    };
  }
  return { $ref: `#/$defs/d${levels}`, $defs };
}

function nested(depth: number, make: (inner: unknown) => unknown): unknown {
  let value: unknown = 'x';
  for (let level = 0; level < depth; level++) value = make(value);
  return value;
}

describe('a schema of strangers', () => {
  test.each<[what: string, schema: unknown, value: unknown, comes: unknown]>([
    ['is none', { type: 'strange' }, 1, 'The schema cannot be used: it is not valid'],
    ['is a text', 'schema', 1, 'The schema cannot be used: it is not valid'],
    ['is null', null, 1, 'The schema cannot be used: it is not valid'],
    [
      'refers elsewhere',
      { $ref: 'https://a.example/s' },
      1,
      'The schema cannot be used: it refers to something that is not in it',
    ],
    [
      'refers to nothing',
      { $ref: '#/$defs/no' },
      1,
      'The schema cannot be used: it refers to something that is not in it',
    ],
    ['goes round in a circle', { $ref: '#' }, 1, 'The schema cannot be used: it is nested too deep'],
    [
      'is of a draft that nobody knows',
      { $schema: 'https://a.example/draft' },
      1,
      'The schema cannot be used: it is written in an unknown draft of JSON Schema',
    ],
    [
      'doubles the work at each level',
      doubling(60, false),
      'x',
      'The schema cannot be used: it takes too many steps',
    ],
    [
      'doubles the work in each value',
      doubling(60, true),
      nested(60, (a) => ({ a })),
      'The schema cannot be used: it takes too many steps',
    ],
    [
      'is nested too deep',
      nested(20_000, (items) => ({ items })),
      [],
      'The schema cannot be used: it is nested too deep',
    ],
    ['is too large', { description: 'x'.repeat(1_000_001) }, 1, 'The schema cannot be used: it is too large'],
    [
      'has a pattern that takes for ever',
      { pattern: '^(a+)+$' },
      `${'a'.repeat(50_000)}!`,
      [' must match the pattern ^(a+)+$'],
    ],
    ['has a pattern that cannot be tried in linear time', { pattern: '^(?=b)' }, 'a', []],
    [
      'chooses properties by such a pattern',
      { patternProperties: { '(?=b)': false } },
      {},
      'The schema cannot be used: a pattern of patternProperties cannot be tried in linear time',
    ],
    [
      'has keywords that nobody knows',
      { type: 'string', colour: 'red', format: 'colour' },
      1,
      [' must be string'],
    ],
    [
      'means the schema of all schemas',
      { $id: 'https://json-schema.org/draft/2020-12/schema', type: 'string' },
      1,
      expect.anything(),
    ],
    [
      'has the prototype in its names',
      JSON.parse('{"properties":{"__proto__":{"type":"string"}},"required":["__proto__"]}'),
      {},
      [' must have the property "__proto__"'],
    ],
  ])('that %s', (_, schema, value, comes) => expect(told(schema, value)).toEqual(comes));

  test('spoils none that comes after it', () => {
    const schemas = new Schemas(10);
    const mine = { $id: 'https://json-schema.org/draft/2020-12/schema', type: 'string' };
    schemas.of(mine);
    schemas.of({ $id: 'a', $defs: { b: { $id: 'b', type: 'string' } } });
    const other = schemas.of({ $id: 'a', $defs: { b: { $id: 'b', type: 'number' } }, $ref: 'b' }) as Shape;
    expect(other.violations('x')).toHaveLength(1);
  });

  test('does not keep an answer that is nested deeper than the stack is from being judged', () => {
    const value = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) as unknown;
    expect(told({ type: 'object' }, value)).toEqual([' must be object']);
    expect(told({ items: { $ref: '#' } }, value)).toBe('The schema cannot be used: it is nested too deep');
  });
});

describe('shapes', () => {
  test('are compiled once, also of an equal schema', () => {
    const schemas = new Schemas(10);
    expect(schemas.of({ type: 'string' })).toBe(schemas.of({ type: 'string' }));
    expect(schemas.of({ type: 'strange' })).toBe(schemas.of({ type: 'strange' }));
    const long = { type: 'string', description: 'x'.repeat(10_000) };
    expect(schemas.of(long)).toBe(schemas.of({ ...long }));
  });

  test('are kept as long as they are among those that were used last', () => {
    const schemas = new Schemas(2);
    const [a, b] = [{ maxLength: 1 }, { maxLength: 2 }].map((schema) => schemas.of(schema));
    expect(schemas.of({ maxLength: 1 })).toBe(a);
    schemas.of({ maxLength: 3 });
    expect(schemas.of({ maxLength: 1 })).toBe(a);
    expect(schemas.of({ maxLength: 2 })).not.toBe(b);
  });

  test('of very many schemas take no more memory than those that are kept', () => {
    const schemas = new Schemas(20);
    const make = (from: number): void => {
      for (let number = from; number < from + 300; number++) {
        const properties = {
          [`p${number}`]: { type: 'string', pattern: `^${number}$`, enum: [`x${number}`.repeat(200)] },
        };
        (schemas.of({ type: 'object', properties }) as Shape).violations({ [`p${number}`]: 1 });
      }
      gc?.();
    };
    make(0);
    const before = process.memoryUsage().heapUsed;
    make(1000);
    make(2000);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8e6);
  });

  test('say it in words that hold no value', () => {
    const schema = {
      properties: {
        a: { enum: ['x', 1] },
        b: { const: { c: 1 } },
        d: { type: ['string', 'null'] },
        e: { minItems: 2 },
        f: { multipleOf: 3 },
        g: { format: 'email' },
        h: { anyOf: [{ type: 'null' }, { type: 'boolean' }] },
        i: { not: {} },
      },
    };
    expect(told(schema, { a: 'v', b: 'v', d: 7, e: [], f: 4, g: 'v', h: 'v', i: 'v' })).toEqual([
      '/a must be one of "x", 1',
      '/b must be {"c":1}',
      '/d must be string or null',
      '/e must not have fewer than 2 items',
      '/f must be a multiple of 3',
      '/g must be a valid email',
      '/h must be null',
      '/h must be boolean',
      '/h must be one of the alternatives of the schema',
      '/i must NOT be valid',
    ]);
  });

  test('tell no more than twenty violations', () => {
    const value = Array.from({ length: 1000 }, () => 1);
    expect(told({ items: { type: 'string' } }, value)).toHaveLength(20);
  });
});
