import { all, fields, json, list, strings, text, values, withRole, type Walk } from './input-text.ts';
import { isRecord, stringOf } from './json.ts';
import { schemaText } from './schema-text.ts';

const roleOf = (message: unknown): string | undefined => {
  const role = isRecord(message) ? stringOf(message['role']) : undefined;
  return role === 'function' ? 'tool' : role;
};

/** A text, or a list of parts that hold texts. */
const content: Walk = all(
  text,
  list(all(text, fields({ text, refusal: text, file: fields({ filename: text }) }))),
);

const call: Walk = fields({
  function: fields({ arguments: json }),
  custom: fields({ input: text }),
});

const message: Walk = withRole(
  roleOf,
  fields({
    content,
    refusal: text,
    reasoning: text,
    reasoning_content: text,
    name: text,
    tool_calls: list(call),
    function_call: fields({ arguments: json }),
  }),
);

const definition: Walk = fields({ description: text, parameters: schemaText });

const tool: Walk = fields({
  function: definition,
  custom: fields({ description: text, format: fields({ grammar: fields({ definition: text }) }) }),
});

/** Walks everything in the params of a chat request that a model, or a reader of the provider's records, reads. */
export const chatInput: Walk = fields({
  messages: list(message),
  tools: list(tool),
  functions: list(definition),
  response_format: fields({ json_schema: fields({ description: text, schema: schemaText }) }),
  prediction: fields({ content }),
  web_search_options: fields({ user_location: fields({ approximate: strings }) }),
  metadata: values(text),
  user: text,
  safety_identifier: text,
  prompt_cache_key: text,
});
