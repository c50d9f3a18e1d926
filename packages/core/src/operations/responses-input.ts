import {
  all,
  fields,
  json,
  list,
  strings,
  text,
  values,
  withRole,
  type Visit,
  type Walk,
} from './input-text.ts';
import { isRecord, stringOf } from './json.ts';
import { schemaText } from './schema-text.ts';

const part: Walk = fields({
  text,
  refusal: text,
  filename: text,
  annotations: list(fields({ title: text, filename: text })),
});

/** A text, or a list of parts that hold texts. */
const content: Walk = all(text, list(all(text, part)));

const format: Walk = fields({ description: text, schema: schemaText });

const tool: Walk = fields({
  description: text,
  server_description: text,
  parameters: schemaText,
  input_schema: schemaText,
  output_schema: schemaText,
  format: fields({ definition: text }),
  user_location: fields({ city: text, region: text, country: text, timezone: text }),
  // The functions of a namespace. Not a walk over `tool` itself, which is not defined yet here.
  tools: (value, path, visit) => tools(value, path, visit),
});

const tools: Walk = list(tool);

/** Commands of a shell, queries of a search, texts typed into a computer. */
const action: Walk = fields({
  command: list(text),
  commands: list(text),
  env: values(text),
  query: text,
  queries: list(text),
  pattern: text,
  text,
});

const anyItem: Walk = fields({
  content,
  summary: list(part),
  arguments: all(json, list(strings), values(strings)),
  input: text,
  output: all(text, list(all(text, part, fields({ stdout: text, stderr: text })))),
  error: all(text, fields({ message: text, content: strings })),
  code: text,
  outputs: list(fields({ logs: text })),
  action,
  queries: list(text),
  results: list(all(part, fields({ attributes: strings }))),
  operation: fields({ path: text, diff: text }),
  revised_prompt: text,
  reason: text,
  tools,
  text: fields({ format }),
});

const programOutput: Walk = fields({ result: text });

const roleOf = (item: unknown): string | undefined => {
  if (!isRecord(item)) return undefined;
  const type = stringOf(item['type']) ?? '';
  if (typeof item['role'] === 'string') return item['role'];
  if (type.endsWith('_output')) return 'tool';
  return type.endsWith('_call') || type === 'reasoning' || type === 'program' ? 'assistant' : undefined;
};

const item: Walk = withRole(roleOf, (value, path, visit) => {
  const mapped = anyItem(value, path, visit);
  // The `result` of an image generation is the image.
  return isRecord(mapped) && mapped['type'] === 'program_output'
    ? programOutput(mapped, path, visit)
    : mapped;
});

const as =
  (role: string, walk: Walk): Walk =>
  (value, path, { map }: Visit) =>
    walk(value, path, { map, role });

/** Walks everything in the params of a responses request that a model, or a reader of the provider's records, reads. */
export const responsesInput: Walk = fields({
  instructions: as('system', text),
  input: all(as('user', text), list(item)),
  prompt: fields({ variables: values(all(text, part)) }),
  tools,
  text: fields({ format }),
  metadata: values(text),
  user: text,
  safety_identifier: text,
  prompt_cache_key: text,
});
