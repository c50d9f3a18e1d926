import { deltas } from './deltas.ts';
import { asArray, asObject, asString, type JsonObject } from './json.ts';
import type { StreamEvent } from './payload.ts';

/**
 * Plays a response as the events of its stream, in the order of the real API. Each has its `sequence_number`; there is
 * no `[DONE]`.
 */
export function* responseEvents(
  started: JsonObject,
  ended: JsonObject,
  output: readonly JsonObject[],
  tokensPerChunk: number,
): Generator<StreamEvent> {
  let sequence = 0;
  for (const { type, fields, content = false, tokens = 0 } of told()) {
    const data = JSON.stringify({ type, sequence_number: sequence++, ...fields });
    yield { name: type, data, content, tokens };
  }

  function* told(): Generator<Told> {
    yield { type: 'response.created', fields: { response: started } };
    yield { type: 'response.in_progress', fields: { response: started } };
    for (const [index, item] of output.entries()) {
      yield* itemEvents(item, index, tokensPerChunk);
    }
    yield { type: `response.${asString(ended['status'])}`, fields: { response: ended } };
  }
}

interface Told {
  readonly type: string;
  readonly fields: JsonObject;
  readonly content?: boolean;
  readonly tokens?: number;
}

function* itemEvents(item: JsonObject, output_index: number, tokensPerChunk: number): Generator<Told> {
  const empty = { ...item, ...EMPTY[String(item['type'])] };
  yield { type: 'response.output_item.added', fields: { output_index, item: empty } };
  const at = { item_id: item['id'], output_index };
  switch (item['type']) {
    case 'reasoning':
      yield* reasoningEvents(item, at, tokensPerChunk);
      break;
    case 'function_call': {
      const json = asString(item['arguments']) ?? '';
      yield* deltaEvents('response.function_call_arguments', at, json, tokensPerChunk);
      yield { type: 'response.function_call_arguments.done', fields: { ...at, arguments: json } };
      break;
    }
    default:
      yield* messageEvents(item, at, tokensPerChunk);
  }
  yield { type: 'response.output_item.done', fields: { output_index, item } };
}

const EMPTY: Readonly<Record<string, JsonObject>> = {
  reasoning: { summary: [] },
  message: { content: [], status: 'in_progress' },
  function_call: { arguments: '', status: 'in_progress' },
};

function* reasoningEvents(item: JsonObject, place: JsonObject, tokensPerChunk: number): Generator<Told> {
  for (const [summary_index, part] of asArray(item['summary']).map(asObject).entries()) {
    const at = { ...place, summary_index };
    const text = asString(part['text']) ?? '';
    yield { type: 'response.reasoning_summary_part.added', fields: { ...at, part: { ...part, text: '' } } };
    yield* deltaEvents('response.reasoning_summary_text', at, text, tokensPerChunk);
    yield { type: 'response.reasoning_summary_text.done', fields: { ...at, text } };
    yield { type: 'response.reasoning_summary_part.done', fields: { ...at, part } };
  }
}

function* messageEvents(item: JsonObject, place: JsonObject, tokensPerChunk: number): Generator<Told> {
  for (const [content_index, part] of asArray(item['content']).map(asObject).entries()) {
    const at = { ...place, content_index };
    const refuses = part['type'] === 'refusal';
    const field = refuses ? 'refusal' : 'text';
    const text = asString(part[field]) ?? '';
    const type = refuses ? 'response.refusal' : 'response.output_text';
    const logprobs = refuses ? {} : { logprobs: [] };
    yield { type: 'response.content_part.added', fields: { ...at, part: { ...part, [field]: '' } } };
    yield* deltaEvents(type, { ...at, ...logprobs }, text, tokensPerChunk);
    yield { type: `${type}.done`, fields: { ...at, [field]: text, ...logprobs } };
    yield { type: 'response.content_part.done', fields: { ...at, part } };
  }
}

function* deltaEvents(type: string, at: JsonObject, text: string, tokensPerChunk: number): Generator<Told> {
  for (const { text: delta, tokens } of deltas(text, tokensPerChunk)) {
    yield { type: `${type}.delta`, fields: { ...at, delta }, content: true, tokens };
  }
}
