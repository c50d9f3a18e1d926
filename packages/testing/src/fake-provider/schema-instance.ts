import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from './json.ts';

/**
 * Builds a JSON value that satisfies a JSON Schema, the same one every time. It knows what structured outputs know:
 * objects, arrays, enums, constants, strings with formats and lengths, numbers with bounds, `anyOf`, `oneOf`, `allOf`,
 * `$ref` into the same document, also recursive ones. A `pattern` is met only if a common sample happens to match.
 */
export function schemaInstance(schema: unknown, root: unknown = schema, name = 'text', depth = 0): unknown {
  if (!isObject(schema)) return name;
  const { $ref, allOf } = schema;
  if (typeof $ref === 'string') return schemaInstance(resolve($ref, root), root, name, depth + 1);
  if ('const' in schema) return schema['const'];
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  if (Array.isArray(allOf)) return schemaInstance(merge(schema, allOf, root), root, name, depth);
  const options = asArray(schema['anyOf'] ?? schema['oneOf']);
  if (options.length > 0) return schemaInstance(choose(options, depth), root, name, depth + 1);

  switch (typeOf(schema, depth)) {
    case 'object':
      return objectOf(schema, root, depth);
    case 'array':
      return arrayOf(schema, root, name, depth);
    case 'integer':
      return numberOf(schema, asNumber(schema['multipleOf']) ?? 1);
    case 'number':
      return numberOf(schema, asNumber(schema['multipleOf']) ?? 0.5);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return stringOf(schema, name);
  }
}

// Past this depth only what is required is built, and the way out of a recursion is taken.
const DEEP = 6;

function resolve(ref: string, root: unknown): unknown {
  const steps = ref.replace(/^#\/?/, '').split('/').filter(Boolean);
  const unescape = (step: string): string =>
    decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
  return steps.reduce<unknown>((at, step) => asObject(at)[unescape(step)], root);
}

function merge(schema: JsonObject, parts: readonly unknown[], root: unknown): JsonObject {
  const { allOf: _, ...own } = schema;
  return parts.reduce<JsonObject>((all, part) => {
    const ref = asString(asObject(part)['$ref']);
    const next = asObject(ref === undefined ? part : resolve(ref, root));
    return {
      ...all,
      ...next,
      properties: { ...asObject(all['properties']), ...asObject(next['properties']) },
      required: [...asArray(all['required']), ...asArray(next['required'])],
    };
  }, own);
}

function choose(options: readonly unknown[], depth: number): unknown {
  if (depth < DEEP) return options.find((option) => asObject(option)['type'] !== 'null') ?? options[0];
  const ends = options.filter((option) => !('$ref' in asObject(option)));
  return ends.find((option) => asObject(option)['type'] === 'null') ?? ends[0] ?? options[0];
}

function typeOf(schema: JsonObject, depth: number): unknown {
  const { type } = schema;
  if (Array.isArray(type)) {
    if (depth >= DEEP && type.includes('null')) return 'null';
    return type.find((one) => one !== 'null') ?? 'null';
  }
  return type ?? ('properties' in schema ? 'object' : 'items' in schema ? 'array' : 'string');
}

function objectOf(schema: JsonObject, root: unknown, depth: number): JsonObject {
  const required = asArray(schema['required']);
  const wanted = Object.entries(asObject(schema['properties'])).filter(
    ([name]) => depth < DEEP || required.includes(name),
  );
  return Object.fromEntries(
    wanted.map(([name, part]) => [name, schemaInstance(part, root, name, depth + 1)]),
  );
}

function arrayOf(schema: JsonObject, root: unknown, name: string, depth: number): readonly unknown[] {
  const tuple = asArray(schema['prefixItems']);
  const least = Math.max(asNumber(schema['minItems']) ?? 0, tuple.length);
  const most = asNumber(schema['maxItems']) ?? Infinity;
  const length = Math.min(most, depth < DEEP ? Math.max(1, least) : least);
  return Array.from({ length }, (_, at) =>
    schemaInstance(tuple[at] ?? schema['items'], root, name, depth + 1),
  );
}

function numberOf(schema: JsonObject, step: number): number {
  const over = asNumber(schema['exclusiveMinimum']);
  const under = asNumber(schema['exclusiveMaximum']);
  const low = Math.max(asNumber(schema['minimum']) ?? -Infinity, over ?? -Infinity);
  const high = Math.min(asNumber(schema['maximum']) ?? Infinity, under ?? Infinity);
  const fits = (value: number): boolean =>
    Number.isFinite(value) && value >= low && value <= high && value !== over && value !== under;
  const least = Math.ceil(low / step) * step;
  const most = Math.floor(high / step) * step;
  const candidates = [step, 0, least, least + step, most, most - step, (low + high) / 2];
  return candidates.find(fits) ?? 0;
}

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2025-01-01T00:00:00Z',
  date: '2025-01-01',
  time: '00:00:00Z',
  duration: 'PT1H',
  email: 'someone@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
};

const SAMPLES: readonly string[] = [
  'a',
  'A',
  '1',
  'abc',
  'ABC',
  '123',
  '1234',
  '12345',
  'AB12',
  '#aabbcc',
  '1.0.0',
];

function stringOf(schema: JsonObject, name: string): string {
  const pattern = asString(schema['pattern']);
  const plain = FORMATS[asString(schema['format']) ?? ''] ?? name;
  const least = asNumber(schema['minLength']) ?? 0;
  const most = asNumber(schema['maxLength']) ?? Infinity;
  const sized = plain.padEnd(least, '.').slice(0, Math.min(most, 1_000_000));
  if (pattern === undefined) return sized;
  const samples = [sized, ...Object.values(FORMATS), ...SAMPLES];
  return samples.find((sample) => matches(sample, pattern)) ?? sized;
}

function matches(sample: string, pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(sample);
  } catch {
    return false;
  }
}
