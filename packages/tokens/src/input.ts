import {
  chat,
  completions,
  embeddings,
  moderations,
  responses,
  type Call,
  type ChatParams,
  type ResponsesParams,
} from '@interpose/core';
import { content, isRecord, json, message, MESSAGE, type Meter } from './content.ts';

// A reply begins with `<|start|>assistant<|message|>`.
const REPLY = 3;
// What stands around the definitions of tools, and after them: 12 in OpenAI's cookbook.
const TOOLS = 12;

/** Tokens of the input of a call; never less than what is billed, as far as the request tells. */
export function inputTokens(call: Call, meter: Meter): number {
  if (call.is(chat)) return ofChat(call.params, meter);
  if (call.is(responses)) return ofResponse(call.params, meter);
  if (call.is(embeddings)) return ofPrompt(call.params.input, meter);
  if (call.is(completions)) return ofPrompt(call.params.prompt, meter) + content(call.params.suffix, meter);
  if (call.is(moderations)) return 0;
  return ofTexts(call, meter);
}

function ofChat(params: ChatParams, meter: Meter): number {
  const { messages, tools, functions, response_format: format } = params;
  return (
    REPLY +
    list(messages).reduce<number>((sum, one) => sum + message(one, meter), 0) +
    definitions(tools, meter) +
    definitions(functions, meter) +
    (isRecord(format) ? json(format['json_schema'], meter) : 0)
  );
}

function ofResponse(params: ResponsesParams, meter: Meter): number {
  const { instructions, input, tools, text, prompt } = params;
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : list(input);
  return (
    REPLY +
    (typeof instructions === 'string' ? message({ role: 'system', content: instructions }, meter) : 0) +
    items.reduce<number>((sum, one) => sum + item(one, meter), 0) +
    definitions(tools, meter) +
    (isRecord(text) ? json(text['format'], meter) : 0) +
    (isRecord(prompt) ? json(prompt['variables'], meter) : 0)
  );
}

function item(value: unknown, meter: Meter): number {
  if (!isRecord(value)) return 0;
  if (typeof value['role'] === 'string') return message(value, meter);
  // What a tool gave back may be images; the rest of such an item is ids.
  if (value['output'] !== undefined)
    return MESSAGE + content(value['output'], meter) + content(value['name'], meter);
  return MESSAGE + content(value, meter);
}

function definitions(tools: unknown, meter: Meter): number {
  return Array.isArray(tools) && tools.length > 0 ? TOOLS + json(tools, meter) : 0;
}

/** One or many prompts, as texts or as numbers of tokens. */
function ofPrompt(prompt: unknown, meter: Meter): number {
  if (typeof prompt === 'string') return meter.text(prompt);
  if (typeof prompt === 'number') return 1;
  return list(prompt).reduce<number>((sum, one) => sum + ofPrompt(one, meter), 0);
}

/** Whatever of an operation a model reads: prompts of images, texts to be spoken. */
function ofTexts(call: Call, meter: Meter): number {
  let total = 0;
  call.operation.mapInput(call.params, (text, { path }) => {
    if (path !== 'user' && !path.endsWith('.name')) total += meter.text(text);
    return text;
  });
  return total;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
