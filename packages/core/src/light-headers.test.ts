import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { LightHeaders, type Fields } from './light-headers.ts';

const FIELDS: Fields = {
  'x-request-id': 'req_1',
  'content-type': 'application/json',
  via: ['1.1 a', '1.1 b'],
  'set-cookie': ['a=1', 'b=2'],
  empty: '',
  constructor: 'c',
};

function platform(): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(FIELDS))
    for (const each of [value].flat()) headers.append(name, each ?? '');
  return headers;
}

const light = (): Headers => new LightHeaders(FIELDS) as unknown as Headers;

const LOOKS: Readonly<Record<string, (headers: Headers) => unknown>> = {
  get: (headers) =>
    ['X-Request-Id', 'via', 'set-cookie', 'empty', 'none', 'constructor', 'toString'].map((name) =>
      headers.get(name),
    ),
  has: (headers) => ['X-Request-Id', 'empty', 'none', 'hasOwnProperty'].map((name) => headers.has(name)),
  entries: (headers) => [...headers.entries()],
  keys: (headers) => [...headers.keys()],
  values: (headers) => [...headers.values()],
  iteration: (headers) => [...headers],
  forEach: (headers) => {
    const seen: unknown[] = [];
    headers.forEach((value, name, parent) => seen.push(name, value, parent === headers));
    return seen;
  },
  cookies: (headers) => headers.getSetCookie(),
  'a copy': (headers) => [...new Headers(headers)],
  'a response made of them': (headers) => [...new Response(null, { headers }).headers],
  'a record': (headers) => Object.fromEntries(headers),
  'the kind of thing': (headers) => [headers instanceof Headers, Object.prototype.toString.call(headers)],
  'what was changed': (headers) => {
    headers.set('Content-Type', 'text/plain');
    headers.append('via', '1.1 c');
    headers.append('new', 'n');
    headers.delete('empty');
    return [
      [...headers],
      headers.get('via'),
      headers.has('empty'),
      headers.getSetCookie(),
      [...headers.keys()],
    ];
  },
};

test.each<[string, unknown]>([
  ['x-new', 'value'],
  ['via', 'one'],
  ['set-cookie', 'c=3'],
  ['X-Upper', 'value'],
  ['x-padded', ' value '],
  ['x-number', 1],
  ['x-none', undefined],
  ['__proto__', 'value'],
  ['not a name', 'value'],
  ['x-lines', 'one\ntwo'],
])('they are set as the platform\u2019s are: %s to %j', (name, value) => {
  const look = (headers: Headers): unknown => {
    try {
      headers.set(name, value as string);
    } catch (error) {
      return error instanceof TypeError;
    }
    return [[...headers], headers.get(name), headers.getSetCookie()];
  };
  expect(look(light())).toEqual(look(platform()));
  expect([...light()]).toEqual([...platform()]);
});

test('they are sent as they look, changed or not', () => {
  const headers = new LightHeaders({ b: '2', a: ['0', '1'] });
  expect(headers.lines()).toEqual(['b', '2', 'a', '0, 1']);
  headers.append('c', '3');
  expect(headers.lines()).toEqual(['a', '0, 1', 'b', '2', 'c', '3']);
});

test.each(Object.entries(LOOKS))('they look like the platform\u2019s: %s', (_name, look) => {
  expect(look(light())).toEqual(look(platform()));
});

test('none of the platform\u2019s own methods is left to meet an object that it does not know', () => {
  const theirs = Reflect.ownKeys(Headers.prototype).filter((key) => key !== Symbol.toStringTag);
  expect(theirs.filter((key) => !Object.hasOwn(LightHeaders.prototype, key))).toEqual([]);
});

test('an entry that is changed changes nothing', () => {
  const headers = light();
  for (const entry of headers) entry[1] = 'changed';
  expect(headers.get('x-request-id')).toBe('req_1');
});

test('they show what is in them', () => {
  expect(inspect(light())).toContain("'x-request-id': 'req_1'");
});
