import type { Prompt, Tool } from './answer.ts';
import { asArray, asNumber, asObject, asString, asStrings, type JsonObject } from './json.ts';
import { countTokens } from './tokens.ts';

/** Reads what the model is asked from the params of a chat call. */
export function chatPrompt(params: JsonObject): Prompt {
  const messages = asArray(params['messages']).map(asObject);
  const tools = asArray(params['tools']).map((tool) => asObject(asObject(tool)['function']));
  const format = asObject(params['response_format']);
  const schema = schemaOf(format['type'], asObject(format['json_schema'])['schema']);
  const choice = asObject(params['tool_choice']);
  const calls = messages.flatMap(({ tool_calls }) => asArray(tool_calls));
  const roleless = messages.map(({ role, content }) => ({
    role: asString(role) ?? '',
    text: textOf(content),
  }));
  const extras = [...asArray(params['tools']), ...calls, ...(schema === undefined ? [] : [schema])];
  return {
    ...speech(roleless),
    inputTokens:
      sumTokens(roleless.map(({ text }) => text)) + sumTokens(extras.map((item) => JSON.stringify(item))),
    schema,
    tools: tools.flatMap(toTool),
    toolChoice: choice['function'] ?? params['tool_choice'],
    maxTokens: asNumber(params['max_completion_tokens']) ?? asNumber(params['max_tokens']) ?? Infinity,
    stop: asStrings(params['stop']),
  };
}

/** Reads what the model is asked from the params of a responses call. */
export function responsesPrompt(params: JsonObject): Prompt {
  const { input } = params;
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : asArray(input).map(asObject);
  const turns = items.map((item: JsonObject) =>
    item['type'] === 'function_call_output'
      ? { role: 'tool', text: textOf(item['output']) }
      : { role: asString(item['role']) ?? 'assistant', text: textOf(item['content']) },
  );
  const calls = items.filter((item: JsonObject) => item['type'] === 'function_call');
  const tools = asArray(params['tools']).map(asObject);
  const format = asObject(asObject(params['text'])['format']);
  const schema = schemaOf(format['type'], format['schema']);
  const extras = [...tools, ...calls, ...(schema === undefined ? [] : [schema])];
  const texts = [asString(params['instructions']) ?? '', ...turns.map(({ text }) => text)];
  return {
    ...speech(turns),
    inputTokens: sumTokens(texts) + sumTokens(extras.map((item) => JSON.stringify(item))),
    schema,
    tools: tools.filter(({ type }) => type === 'function').flatMap(toTool),
    toolChoice: params['tool_choice'],
    maxTokens: asNumber(params['max_output_tokens']) ?? Infinity,
    stop: [],
  };
}

/** Reads the text of a message's content, which is a string or a list of parts. Images and sounds have none. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return asArray(content)
    .map((part) => asString(asObject(part)['text']) ?? asString(asObject(part)['refusal']) ?? '')
    .join('');
}

function speech(
  turns: readonly { role: string; text: string }[],
): Pick<Prompt, 'lastUserText' | 'toolResults'> {
  const lastOther = turns.findLastIndex(({ role }) => role !== 'tool');
  return {
    lastUserText: turns.findLast(({ role }) => role === 'user')?.text ?? '',
    toolResults: turns.slice(lastOther + 1).map(({ text }) => text),
  };
}

function toTool(definition: JsonObject): readonly Tool[] {
  const name = asString(definition['name']);
  return name === undefined ? [] : [{ name, parameters: definition['parameters'] }];
}

const ANY_OBJECT = { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] };

function schemaOf(type: unknown, schema: unknown): unknown {
  if (type === 'json_object') return ANY_OBJECT;
  return type === 'json_schema' ? (schema ?? ANY_OBJECT) : undefined;
}

function sumTokens(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + countTokens(text), 0);
}
