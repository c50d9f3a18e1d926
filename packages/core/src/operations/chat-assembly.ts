import { textFields } from './chat-texts.ts';
import { add, addList, addText, addTokens, assembleChoices, inOrder, type Draft } from './choice-assembly.ts';
import { isList, isRecord, type JsonRecord } from './json.ts';

interface Choice {
  readonly fields: Draft;
  readonly message: Draft;
  readonly calls: Map<number, Draft>;
}

/** Adds chat chunks up to a chat completion; `undefined` for sound, whose pieces cannot be joined without decoding. */
export function assembleChat(events: readonly unknown[]): unknown {
  const body = assembleChoices<Choice>(events, {
    start: (index) => ({ fields: { index }, message: {}, calls: new Map() }),
    add(choice, { delta, logprobs, index: _index, ...fields }) {
      for (const [key, value] of Object.entries(fields)) add(choice.fields, key, value);
      addTokens(choice.fields, logprobs);
      if (isRecord(delta)) addDelta(choice, delta);
      return !isRecord(delta) || !isRecord(delta['audio']);
    },
    finish({ fields, message, calls }) {
      message['content'] ??= null;
      if (calls.size > 0) message['tool_calls'] = inOrder(calls);
      fields['finish_reason'] ??= null;
      fields['message'] = message;
      return fields;
    },
  });
  if (body?.['object'] === 'chat.completion.chunk') body['object'] = 'chat.completion';
  return body;
}

function addDelta({ message, calls }: Choice, delta: JsonRecord): void {
  for (const [key, value] of Object.entries(delta)) {
    if (textFields.has(key)) {
      addText(message, key, value);
    } else if (key === 'tool_calls' && isList(value)) {
      message[key] ??= [];
      value.forEach((call, position) => addCall(calls, call, position));
    } else if (key === 'function_call' && isRecord(value)) {
      message[key] = grown(message[key], value, 'arguments');
    } else {
      addList(message, key, value);
    }
  }
}

function addCall(calls: Map<number, Draft>, stretch: unknown, position: number): void {
  if (!isRecord(stretch)) return;
  const { index, ...fields } = stretch;
  const number = typeof index === 'number' ? index : position;
  const call = calls.get(number) ?? {};
  calls.set(number, call);
  for (const [key, value] of Object.entries(fields)) {
    if (key === 'function' && isRecord(value)) call[key] = grown(call[key], value, 'arguments');
    else if (key === 'custom' && isRecord(value)) call[key] = grown(call[key], value, 'input');
    else add(call, key, value);
  }
}

/** Adds a stretch of a call: its text is appended, everything else, such as the name, replaces what was there. */
function grown(known: unknown, stretch: JsonRecord, field: string): Draft {
  const result: Draft = isRecord(known) ? { ...known } : {};
  for (const [key, value] of Object.entries(stretch)) {
    if (key === field) addText(result, key, value);
    else add(result, key, value);
  }
  return result;
}
