import type { ChoiceTexts } from './choice-rewriter.ts';
import { isList, isRecord, mapItems, withField, type JsonRecord } from './json.ts';
import type { CallStart, ChannelKind } from './operation.ts';
import { visitField, type VisitText } from './visit-text.ts';

/** Text fields of a message or a delta, in the order in which a model writes them. The first two are not OpenAI's but widely spoken. */
const plain: readonly (readonly [field: string, kind: ChannelKind])[] = [
  ['reasoning_content', 'reasoning'],
  ['reasoning', 'reasoning'],
  ['content', 'content'],
  ['refusal', 'refusal'],
];

/** The names of the fields of a message that hold plain text. */
export const textFields: ReadonlySet<string> = new Set(plain.map(([field]) => field));

/** Maps the texts of a message, or of a delta of one; returns the same object when nothing changed. */
function mapMessage(message: JsonRecord, choice: number, visit: VisitText): JsonRecord {
  let result = message;
  for (const [field, kind] of plain) {
    // Most are absent, and this runs for every event: no id is made up for those.
    if (typeof message[field] !== 'string') continue;
    result = visitField(result, field, `choice:${choice}:${field}`, kind, visit);
  }
  const { audio, function_call: call, tool_calls: calls } = message;
  if (isRecord(audio)) {
    result = withField(
      result,
      'audio',
      mapField(audio, 'transcript', `choice:${choice}:transcript`, 'transcript', visit),
    );
  }
  if (isRecord(call)) {
    const mapped = mapField(call, 'arguments', `choice:${choice}:function:arguments`, 'arguments', visit);
    result = withField(result, 'function_call', mapped);
  }
  if (isList(calls) && calls.length > 0) {
    const mapped = mapItems(calls, (item, position) => {
      if (!isRecord(item)) return item;
      const index = typeof item['index'] === 'number' ? item['index'] : position;
      return mapToolCall(item, `choice:${choice}:tool:${index}`, visit);
    });
    result = withField(result, 'tool_calls', mapped);
  }
  return result;
}

function mapToolCall(call: JsonRecord, id: string, visit: VisitText): JsonRecord {
  const { function: fn, custom } = call;
  if (isRecord(fn))
    return withField(call, 'function', mapField(fn, 'arguments', `${id}:arguments`, 'arguments', visit));
  if (isRecord(custom))
    return withField(call, 'custom', mapField(custom, 'input', `${id}:input`, 'arguments', visit));
  return call;
}

function mapField(
  record: JsonRecord,
  field: string,
  id: string,
  kind: ChannelKind,
  visit: VisitText,
): JsonRecord {
  const text = record[field];
  // A call that starts may bring only its name: visited all the same, so that a rewriter knows of the turn.
  if (text !== undefined && typeof text !== 'string') return record;
  const mapped = visit(text ?? '', id, kind);
  return mapped === (text ?? '') ? record : { ...record, [field]: mapped };
}

/** The delta that carries a text of one channel and nothing else: the inverse of `mapMessage`. */
function deltaOf(id: string, text: string): JsonRecord {
  const [, , what = '', position, field] = id.split(':');
  if (what === 'transcript') return { audio: { transcript: text } };
  if (what === 'function') return { function_call: { arguments: text } };
  if (what !== 'tool') return { [what]: text };
  const part = field === 'input' ? { custom: { input: text } } : { function: { arguments: text } };
  return { tool_calls: [{ index: Number(position), ...part }] };
}

/** The functions that a message, or a delta of one, begins to call: those whose name it brings. */
function callsIn(
  { tool_calls: calls, function_call: older }: JsonRecord,
  choice: number,
): CallStart[] | undefined {
  let begun: CallStart[] | undefined;
  if (isList(calls)) {
    calls.forEach((call, position) => {
      if (!isRecord(call) || !isRecord(call['function'])) return;
      const { name } = call['function'];
      if (typeof name !== 'string' || name === '') return;
      const index = typeof call['index'] === 'number' ? call['index'] : position;
      const { id } = call;
      (begun ??= []).push({
        channel: `choice:${choice}:tool:${index}:arguments`,
        name,
        ...(typeof id === 'string' && { callId: id }),
      });
    });
  }
  if (isRecord(older) && typeof older['name'] === 'string') {
    (begun ??= []).push({ channel: `choice:${choice}:function:arguments`, name: older['name'] });
  }
  return begun;
}

/** Where the texts of a chat choice are, streamed (`delta`) or whole (`message`). */
export const chatTexts: ChoiceTexts = {
  map(choice, index, visit) {
    const field = isRecord(choice['delta']) ? 'delta' : 'message';
    const message = choice[field];
    return isRecord(message) ? withField(choice, field, mapMessage(message, index, visit)) : choice;
  },
  calls: callsIn,
  carry: (id, index, text) => ({ index, delta: deltaOf(id, text), logprobs: null, finish_reason: null }),
};
