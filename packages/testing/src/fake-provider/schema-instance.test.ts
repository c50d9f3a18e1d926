import { expect, test } from 'vitest';
import { schemaInstance } from './schema-instance.ts';

const string = { type: 'string' };

test.each([
  [
    'an object',
    { type: 'object', properties: { city: string, ok: { type: 'boolean' } } },
    { city: 'city', ok: true },
  ],
  ['an array', { type: 'array', items: { type: 'integer' } }, [1]],
  ['an array with bounds', { type: 'array', items: string, minItems: 2, maxItems: 3 }, ['text', 'text']],
  ['an array that must be empty', { type: 'array', items: string, maxItems: 0 }, []],
  ['a tuple', { type: 'array', prefixItems: [string, { type: 'null' }] }, ['text', null]],
  ['an enum', { enum: ['b', 'a'] }, 'b'],
  ['a constant', { const: null }, null],
  ['null', { type: 'null' }, null],
  ['a nullable string', { type: ['null', 'string'] }, 'text'],
  ['anyOf', { anyOf: [{ type: 'null' }, { type: 'number' }] }, 0.5],
  ['oneOf', { oneOf: [string] }, 'text'],
  ['allOf', { allOf: [{ properties: { a: string } }, { properties: { b: string } }] }, { a: 'a', b: 'b' }],
  ['a $ref', { $ref: '#/$defs/a~1b', $defs: { 'a/b': { type: 'boolean' } } }, true],
  ['a minimum', { type: 'integer', minimum: 18 }, 18],
  ['an exclusive minimum', { type: 'integer', exclusiveMinimum: 18 }, 19],
  ['a maximum', { type: 'integer', maximum: -4 }, -4],
  [
    'an exclusive range',
    { type: 'number', exclusiveMinimum: 0.1, exclusiveMaximum: 0.2 },
    expect.closeTo(0.15),
  ],
  ['a multiple', { type: 'integer', multipleOf: 5, minimum: 12 }, 15],
  [
    'lengths',
    { type: 'object', properties: { a: { type: 'string', minLength: 3, maxLength: 3 } } },
    { a: 'a..' },
  ],
  ['a format', { type: 'string', format: 'date' }, '2025-01-01'],
  ['a pattern', { type: 'string', pattern: '^[A-Z]{3}$' }, 'ABC'],
  ['no type', { properties: { a: {} } }, { a: 'a' }],
  ['anything', true, 'text'],
])('%s', (_name, schema, instance) => {
  expect(schemaInstance(schema)).toEqual(instance);
});

test('a recursive schema has a finite instance', () => {
  const node = {
    type: 'object',
    properties: { value: string, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
    required: ['value', 'next'],
  };
  const list = JSON.stringify(schemaInstance({ $ref: '#/$defs/node', $defs: { node } }));
  expect(list).toMatch(/^(\{"value":"value","next":)+null\}+$/);
  const tree = {
    type: 'object',
    properties: { children: { type: 'array', items: { $ref: '#' } } },
    required: ['children'],
  };
  expect(JSON.stringify(schemaInstance(tree))).toMatch(/^(\{"children":\[)+\]\}/);
});
