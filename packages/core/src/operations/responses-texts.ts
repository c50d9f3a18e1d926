import { isList, isRecord, mapItems, withField, type JsonRecord } from './json.ts';
import type { Channel, ChannelKind } from './operation.ts';
import { visitField, type VisitText } from './visit-text.ts';

/** A text that comes as a run of `<type>.delta` events and one `<type>.done` event. */
export interface TextStream {
  readonly type: string;
  readonly kind: ChannelKind;
  /** What the text is called in the ids of its channels. */
  readonly name: string;
  /** The field of the done event, and of the item or part, that holds the whole text. */
  readonly field: string;
  /** The field that tells the texts of one output item apart. */
  readonly index?: string;
}

const outputText: TextStream = {
  type: 'response.output_text',
  kind: 'content',
  name: 'text',
  field: 'text',
  index: 'content_index',
};
const refusal: TextStream = {
  type: 'response.refusal',
  kind: 'refusal',
  name: 'refusal',
  field: 'refusal',
  index: 'content_index',
};
const reasoningText: TextStream = {
  type: 'response.reasoning_text',
  kind: 'reasoning',
  name: 'reasoning',
  field: 'text',
  index: 'content_index',
};
const summaryText: TextStream = {
  type: 'response.reasoning_summary_text',
  kind: 'reasoning',
  name: 'summary',
  field: 'text',
  index: 'summary_index',
};
const command: TextStream = {
  type: 'response.shell_call_command',
  kind: 'arguments',
  name: 'command',
  field: 'command',
  index: 'command_index',
};
const transcript: TextStream = {
  type: 'response.audio.transcript',
  kind: 'transcript',
  name: 'transcript',
  field: 'transcript',
};

const argumentsOf = (type: string, field: string): TextStream => ({
  type,
  kind: 'arguments',
  name: field,
  field,
});

/** The texts of content parts, by the type of the part. */
export const partStreams: ReadonlyMap<unknown, TextStream> = new Map([
  ['output_text', outputText],
  ['refusal', refusal],
  ['reasoning_text', reasoningText],
  ['summary_text', summaryText],
]);

/** The texts that stand in a field of an output item, by the type of the item. */
export const itemStreams: ReadonlyMap<unknown, TextStream> = new Map([
  ['function_call', argumentsOf('response.function_call_arguments', 'arguments')],
  ['mcp_call', argumentsOf('response.mcp_call_arguments', 'arguments')],
  ['custom_tool_call', argumentsOf('response.custom_tool_call_input', 'input')],
  ['code_interpreter_call', argumentsOf('response.code_interpreter_call_code', 'code')],
]);

const streams = [...partStreams.values(), ...itemStreams.values(), command, transcript];

/** The streams by the type of the events that bring a stretch of text. */
export const deltas: ReadonlyMap<unknown, TextStream> = new Map(streams.map((s) => [`${s.type}.delta`, s]));

/** The streams by the type of the events that bring the whole text, at the end and, for commands, at the start. */
export const wholes: ReadonlyMap<unknown, TextStream> = new Map([
  ...streams.map((s): [string, TextStream] => [`${s.type}.done`, s]),
  [`${command.type}.added`, command],
]);

/** The id of a channel, the same for events and bodies, e.g. `output:0:text:1` or `output:2:arguments`. */
function idOf(stream: TextStream, output: number, index: number): string {
  return stream.index === undefined
    ? `output:${output}:${stream.name}`
    : `output:${output}:${stream.name}:${index}`;
}

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);

/** The channel that an event of a text stream belongs to. */
export function channelOf(event: JsonRecord, stream: TextStream): Channel {
  const index = stream.index === undefined ? 0 : numberOf(event[stream.index]);
  return { id: idOf(stream, numberOf(event['output_index']), index), kind: stream.kind };
}

/** Log probabilities spell out the very tokens that a rewrite took away. */
export function withoutRawTokens(before: JsonRecord, after: JsonRecord): JsonRecord {
  return after !== before && isList(after['logprobs']) && after['logprobs'].length > 0
    ? { ...after, logprobs: [] }
    : after;
}

/** Maps the text of a content part or of a part of a reasoning summary. */
export function mapPart(part: unknown, output: number, index: number, visit: VisitText): unknown {
  if (!isRecord(part)) return part;
  const stream = partStreams.get(part['type']);
  if (stream === undefined) return part;
  return withoutRawTokens(
    part,
    visitField(part, stream.field, idOf(stream, output, index), stream.kind, visit),
  );
}

/** Maps the texts of an output item that a model wrote; returns the same item when nothing changed. */
export function mapItem(item: unknown, output: number, visit: VisitText): unknown {
  if (!isRecord(item)) return item;
  const stream = itemStreams.get(item['type']);
  if (stream !== undefined)
    return visitField(item, stream.field, idOf(stream, output, 0), stream.kind, visit);

  const parts = (list: readonly unknown[]): readonly unknown[] =>
    mapItems(list, (part, index) => mapPart(part, output, index, visit));
  switch (item['type']) {
    case 'message':
      return isList(item['content']) ? withField(item, 'content', parts(item['content'])) : item;
    case 'reasoning': {
      const { summary, content } = item;
      const summarized = isList(summary) ? withField(item, 'summary', parts(summary)) : item;
      return isList(content) ? withField(summarized, 'content', parts(content)) : summarized;
    }
    case 'program':
      return visitField(item, 'code', `output:${output}:code`, 'arguments', visit);
    case 'apply_patch_call':
      return isRecord(item['operation'])
        ? withField(
            item,
            'operation',
            visitField(item['operation'], 'diff', `output:${output}:diff`, 'arguments', visit),
          )
        : item;
    case 'shell_call':
      return mapCommands(item, 'commands', output, visit);
    case 'local_shell_call':
      return mapCommands(item, 'command', output, visit);
    default:
      return item;
  }
}

function mapCommands(item: JsonRecord, field: string, output: number, visit: VisitText): JsonRecord {
  const { action } = item;
  if (!isRecord(action) || !isList(action[field])) return item;
  const mapped = mapItems(action[field], (text, index) =>
    typeof text === 'string' ? visit(text, idOf(command, output, index), command.kind) : text,
  );
  return withField(item, 'action', withField(action, field, mapped));
}

/** Maps the texts of a whole response; returns the same object when nothing changed. */
export function mapResponse(response: unknown, visit: VisitText): unknown {
  if (!isRecord(response) || !isList(response['output'])) return response;
  const output = mapItems(response['output'], (item, index) => mapItem(item, index, visit));
  if (output === response['output']) return response;
  const mapped = { ...response, output };
  // A convenience that some providers send along: all output texts in one.
  return typeof response['output_text'] === 'string' ? { ...mapped, output_text: textOf(output) } : mapped;
}

/** All that a model wrote as content into the items of a response. */
export function textOf(output: readonly unknown[]): string {
  let all = '';
  output.forEach((item, index) =>
    mapItem(item, index, (text, _id, kind) => {
      if (kind === 'content') all += text;
      return text;
    }),
  );
  return all;
}
