import { all, fields, list, strings, text, values, type Walk } from './input-text.ts';
import { isRecord, withField } from './json.ts';

/** Keywords whose strings a model reads and that do not shape the schema itself. */
const annotations = fields({
  title: text,
  description: text,
  $comment: text,
  default: strings,
  const: strings,
  enum: strings,
  examples: strings,
  example: strings,
});

const annotated = new Set([
  'title',
  'description',
  '$comment',
  'default',
  'const',
  'enum',
  'examples',
  'example',
]);

/** Keywords under which the keys are names that the author chose, so that `title` may be a property there. */
const named = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);

const nested: Walk = (value, path, visit) => {
  if (!isRecord(value)) return value;
  let result = value;
  for (const key of Object.keys(value)) {
    if (annotated.has(key)) continue;
    const walk = named.has(key) ? values(schemaText) : subschemas;
    result = withField(result, key, walk(value[key], path === '' ? key : `${path}.${key}`, visit));
  }
  return result;
};

/** Maps the prose of a JSON schema: titles, descriptions, enums, constants, defaults and examples, at any depth. */
export const schemaText: Walk = (value, path, visit) => nested(annotations(value, path, visit), path, visit);

const subschemas: Walk = all(list(schemaText), schemaText);
