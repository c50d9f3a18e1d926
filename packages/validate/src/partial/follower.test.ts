import { describe, expect, test } from 'vitest';
import { Planner } from '../schema/planner.ts';
import { Follower } from './follower.ts';
import { couldBecome } from './number-prefix.ts';

/** The text as far as it came, and what is wrong with it; all of it where nothing is. */
function followed(schema: unknown, text: string, forgiving = false): string {
  const follower = new Follower(new Planner(schema), { forgiving });
  for (let at = 0; at < text.length; at++) {
    const violation = follower.push(text[at] as string);
    if (violation) return `${text.slice(0, at + 1)} | ${violation.path} ${violation.expected}`;
  }
  return text;
}

const shape = {
  type: 'object',
  properties: {
    kind: { enum: ['circle', 'square'] },
    size: { type: 'integer', minimum: 1, maximum: 9 },
    tags: { type: 'array', items: { type: 'string', maxLength: 3 }, maxItems: 2, minItems: 1 },
    at: { anyOf: [{ $ref: '#/$defs/point' }, { type: 'null' }] },
  },
  required: ['kind'],
  additionalProperties: false,
  $defs: { point: { type: 'object', properties: { x: { type: 'number' } }, required: ['x'] } },
};

describe('stops where nothing can heal it', () => {
  test.each<[text: string, told: string]>([
    [
      '{"kind":"circle","size":3,"tags":["a"],"at":{"x":1}}',
      '{"kind":"circle","size":3,"tags":["a"],"at":{"x":1}}',
    ],
    ['"circle"', '" |  must be object'],
    ['{"kind":"cube"}', '{"kind":"cu | /kind must be one of "circle", "square"'],
    ['{"kind":1}', '{"kind":1 | /kind must be one of "circle", "square"'],
    ['{"colour":1}', '{"c |  must not have other properties than those of the schema'],
    ['{"sizes":1}', '{"sizes |  must not have other properties than those of the schema'],
    ['{"size":0}', '{"size":0} | /size must be >= 1'],
    ['{"size":1.5}', '{"size":1.5} | /size must be integer'],
    ['{"size":"1"}', '{"size":" | /size must be integer'],
    ['{"tags":[]}', '{"tags":[] | /tags must not have fewer than 1 items'],
    ['{"tags":["abcd"]}', '{"tags":["abcd | /tags/0 must not have more than 3 characters'],
    ['{"tags":["a","b","c"]}', '{"tags":["a","b", | /tags must not have more than 2 items'],
    ['{"tags":["a",2]}', '{"tags":["a",2 | /tags/1 must be string'],
    ['{"at":{}}', '{"at":{} | /at must have the property "x"'],
    ['{"at":{"x":null}}', '{"at":{"x":n | /at/x must be number'],
    ['{"at":7}', '{"at":7 | /at must be one of the alternatives of the schema'],
    ['{}', '{} |  must have the property "kind"'],
    ['{"kind":"circle",}', '{"kind":"circle",} |  must be JSON'],
    ['{"kind" "circle"}', '{"kind" " |  must be JSON'],
    ['{kind:1}', '{k |  must be JSON'],
    ['{"kind":"circle"} and so on', '{"kind":"circle"} a |  must be JSON'],
    ['{"kind":"cir\ncle"}', '{"kind":"cir\n |  must be JSON'],
    ['{"kind":"\\u0063ircle"}', '{"kind":"\\u0063ircle"}'],
    ['{"kind":"\\u00z"}', '{"kind":"\\u00z |  must be JSON'],
    ['{"kind":"\\q"}', '{"kind":"\\q |  must be JSON'],
    ['{"size":01}', '{"size":01 |  must be JSON'],
    ['{"size":-}', '{"size":-} |  must be JSON'],
    ['{"at":nul}', '{"at":nul} |  must be JSON'],
  ])('%s', (text, told) => expect(followed(shape, text)).toBe(told));

  test('but not at what may be put right later, of which it then tells nothing more', () => {
    for (const text of [
      '```json\n{"kind":"circle","tags":["a","b",]}\n```',
      "{'kind': 'cube'}",
      '{"kind":"circle",} trailing',
      'Here it is: {"kind":"cube"}',
    ]) {
      expect(followed(shape, text, true)).toBe(text);
    }
    expect(followed(shape, '```\n{"kind":"cube"}', true)).toBe(
      '```\n{"kind":"cu | /kind must be one of "circle", "square"',
    );
  });
});

test('counts characters as schemas do, also where one comes in two halves', () => {
  const emoji = { maxLength: 2 };
  expect(followed(emoji, '"😀😀"')).toBe('"😀😀"');
  expect(followed(emoji, '"\\ud83d\\ude00😀"')).toBe('"\\ud83d\\ude00😀"');
  expect(followed(emoji, '"😀😀a"')).toBe('"😀😀a |  must not have more than 2 characters');
});

test('keeps to the branch that was taken', () => {
  const either = {
    anyOf: [
      { properties: { is: { const: 'a' }, one: { type: 'number' } }, additionalProperties: false },
      { properties: { is: { const: 'b' }, two: { type: 'number' } }, additionalProperties: false },
    ],
  };
  expect(followed(either, '{"is":"b","two":1}')).toBe('{"is":"b","two":1}');
  expect(followed(either, '{"two":1,"is":"a"}')).toBe('{"two":1,"is":"a | /is must be "b"');
  expect(followed(either, '{"is":"b","one":1}')).toBe(
    '{"is":"b","o |  must not have other properties than those of the schema',
  );
});

test('is not led astray by a schema that can be kept in very many ways', () => {
  const pair = (at: number): object => ({ anyOf: [{ maxLength: at + 5 }, { minLength: at + 50 }] });
  const schema = { type: 'string', allOf: Array.from({ length: 40 }, (_, at) => pair(at)) };
  expect(followed(schema, '"abc"')).toBe('"abc"');
  expect(followed(schema, '7')).toBe('7 |  must be one of the alternatives of the schema');
});

test('follows into recursion, and gives up beyond any depth that is meant', () => {
  const tree = { type: 'array', items: { $ref: '#' } };
  expect(followed(tree, '[[[1]]]')).toBe('[[[1 | /0/0/0 must be array');
  const deep = '['.repeat(5000);
  expect(followed(tree, `${deep}1`)).toBe(`${deep}1`);
});

test('draft 7: what stands beside a reference does not count', () => {
  const schema = { $ref: '#/definitions/a', type: 'number', definitions: { a: { type: 'string' } } };
  const $schema = 'http://json-schema.org/draft-07/schema#';
  expect(followed({ $schema, ...schema }, '"a"')).toBe('"a"');
  expect(followed(schema, '"a"')).toBe('" |  must be number');
});

test('a reference beneath another base is not followed', () => {
  const schema = {
    properties: { a: { $id: 'other', $defs: { x: { type: 'number' } }, $ref: '#/$defs/x' } },
    $defs: { x: { type: 'string' } },
  };
  expect(followed(schema, '{"a":1}')).toBe('{"a":1}');
});

test('a number of endless digits is let pass', () => {
  const text = `[${'1'.repeat(5000)}]`;
  expect(followed({ items: { enum: [1] } }, text)).toBe('[11 | /0 must be 1');
  expect(followed({ items: { maximum: 5 } }, text)).toBe(text);
});

test.each<[value: number, can: readonly string[], cannot: readonly string[]]>([
  [12, ['1', '12', '12.0', '1.', '0.12', '1.2e1', '120e-1', '0', '00'], ['2', '13', '121', '-', '1.3']],
  [-0.5, ['-', '-0', '-0.5', '-5e-1'], ['0', '5', '-6']],
  [0, ['0', '-0', '0.0', '0e5'], ['1', '0.1']],
  [1e21, ['1', '10', '1e21', '1000'], ['2', '11']],
])('what can become %s', (value, can, cannot) => {
  expect([
    can.filter((text) => !couldBecome(text, value)),
    cannot.filter((text) => couldBecome(text, value)),
  ]).toEqual([[], []]);
});
