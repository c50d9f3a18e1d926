import { textFields } from './chat-texts.ts';
import { playChoices } from './choice-playback.ts';
import { isList, isRecord, type JsonRecord } from './json.ts';
import type { Params } from './operation.ts';

/** Plays a chat completion back as chunks. Sound is not played: the list is empty. */
export function playChat(body: unknown, params?: Params): readonly JsonRecord[] {
  if (!isRecord(body) || !isList(body['choices']) || body['choices'].some(hasSound)) return [];
  const chunked = body['object'] === 'chat.completion' ? { ...body, object: 'chat.completion.chunk' } : body;
  return playChoices(chunked, params, playChoice);
}

function hasSound(choice: unknown): boolean {
  return isRecord(choice) && isRecord(choice['message']) && isRecord(choice['message']['audio']);
}

function* playChoice(choice: JsonRecord, index: number): Iterable<JsonRecord> {
  const { message, finish_reason, logprobs, index: _index, ...extra } = choice;
  const { tool_calls, function_call, ...preamble } = isRecord(message) ? message : {};
  const noTokens = logprobs === undefined ? {} : { logprobs: null };
  let tokens = logprobs === undefined ? {} : { logprobs };
  const chunk = (delta: JsonRecord): JsonRecord => ({ index, delta, ...noTokens, finish_reason: null });

  const opening: Record<string, unknown> = { ...preamble };
  for (const field of textFields) if (typeof opening[field] === 'string') opening[field] = '';
  if (tool_calls !== undefined && !(isList(tool_calls) && tool_calls.length > 0))
    opening['tool_calls'] = tool_calls;
  if (function_call !== undefined && !isRecord(function_call)) opening['function_call'] = function_call;
  yield chunk(opening);

  for (const field of textFields) {
    const text = preamble[field];
    if (typeof text !== 'string' || text === '') continue;
    if (field !== 'content' && field !== 'refusal') {
      yield chunk({ [field]: text });
      continue;
    }
    // All log probabilities go with one chunk; they say themselves what they belong to.
    yield { ...chunk({ [field]: text }), ...tokens };
    tokens = noTokens;
  }
  if (isList(tool_calls)) {
    for (const [position, call] of tool_calls.entries()) {
      if (!isRecord(call)) continue;
      for (const part of playCall(call)) yield chunk({ tool_calls: [{ index: position, ...part }] });
    }
  }
  if (isRecord(function_call)) {
    for (const part of playText(function_call, 'arguments')) yield chunk({ function_call: part });
  }
  yield { ...extra, index, delta: {}, ...tokens, finish_reason };
}

function* playCall(call: JsonRecord): Iterable<JsonRecord> {
  const [key, field] = isRecord(call['function']) ? ['function', 'arguments'] : ['custom', 'input'];
  const body = call[key];
  if (!isRecord(body)) return yield call;
  const [start, ...rest] = playText(body, field);
  yield { ...call, [key]: start };
  for (const part of rest) yield { [key]: part };
}

/** What carries a text starts with the empty text and goes on with the whole. */
function* playText(record: JsonRecord, field: string): Iterable<JsonRecord> {
  const text = record[field];
  if (typeof text !== 'string' || text === '') return yield record;
  yield { ...record, [field]: '' };
  yield { [field]: text };
}
