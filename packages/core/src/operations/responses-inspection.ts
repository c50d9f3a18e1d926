import { draftOf, nothing, type Draft } from './inspection.ts';
import { isList, isRecord, type JsonRecord } from './json.ts';
import type { CallStart, Inspection, Piece } from './operation.ts';
import { channelOf, deltas, mapResponse } from './responses-texts.ts';

/** Items with which the model hands the turn back to the caller's tools. */
const calls = new Set<unknown>([
  'function_call',
  'custom_tool_call',
  'computer_call',
  'local_shell_call',
  'apply_patch_call',
]);

/** Says whether an event is the one that ends a stream of the responses operation. */
export function isLastEvent(data: unknown): boolean {
  if (!isRecord(data)) return false;
  const { type } = data;
  return type === 'response.completed' || type === 'response.incomplete' || type === 'response.failed';
}

/** Reads one event of a responses stream. */
export function inspectResponseEvent(data: unknown): Inspection {
  if (!isRecord(data)) return nothing;
  const { type, delta, response, item, error } = data;
  const stream = deltas.get(type);
  if (stream !== undefined) {
    if (typeof delta !== 'string' || delta === '') return nothing;
    const { id, kind } = channelOf(data, stream);
    return { pieces: [{ id, kind, text: delta }], content: true, terminal: false };
  }
  if (type === 'error' || isRecord(error)) {
    return { ...nothing, error: isRecord(error) ? error : data };
  }
  if (isRecord(response)) {
    const last = isLastEvent(data);
    return last ? described(response, true) : draftOf(response, false);
  }
  if (!startsOutput(type, item)) return nothing;
  const call = callIn(item, data['output_index']);
  return { ...nothing, content: true, ...(call && { calls: [call] }) };
}

/** Says whether an event brings output that has no text, or a call before its arguments. */
function startsOutput(type: unknown, item: unknown): boolean {
  switch (type) {
    case 'response.output_item.added':
      return isRecord(item) && item['type'] !== 'message' && item['type'] !== 'reasoning';
    case 'response.audio.delta':
    case 'response.image_generation_call.partial_image':
      return true;
    default:
      return false;
  }
}

/** Reads a whole response. One that still works in the background is not terminal. */
export function inspectResponseBody(data: unknown): Inspection {
  if (!isRecord(data)) return nothing;
  const { status, output } = data;
  const running = status === 'queued' || status === 'in_progress';
  const draft = described(data, !running && isList(output));
  const pieces: Piece[] = [];
  mapResponse(data, (text, id, kind) => {
    if (text !== '') pieces.push({ id, kind, text });
    return text;
  });
  if (pieces.length > 0) draft.pieces = pieces;
  const begun = isList(output) ? output.flatMap((item, index) => callIn(item, index) ?? []) : [];
  if (begun.length > 0) draft.calls = begun;
  return draft;
}

/** The call of a function that an output item is. */
function callIn(item: unknown, output: unknown): CallStart | undefined {
  if (!isRecord(item) || item['type'] !== 'function_call' || typeof item['name'] !== 'string')
    return undefined;
  const { name, call_id: callId } = item;
  return {
    channel: `output:${typeof output === 'number' ? output : 0}:arguments`,
    name,
    ...(typeof callId === 'string' && { callId }),
  };
}

function described(response: JsonRecord, terminal: boolean): Draft {
  const { status, output, error } = response;
  const draft = draftOf(response, terminal);
  draft.content = isList(output) && output.length > 0;
  if (error !== undefined && error !== null) draft.error = error;
  if (!terminal) return draft;
  if (status === 'incomplete') draft.finishReasons = [reasonOf(response['incomplete_details'])];
  else if (status === 'completed' || status === undefined) draft.finishReasons = [turnOf(output)];
  return draft;
}

function reasonOf(details: unknown): string {
  const reason = isRecord(details) ? details['reason'] : undefined;
  if (typeof reason !== 'string') return 'incomplete';
  return reason === 'max_output_tokens' ? 'length' : reason;
}

function turnOf(output: unknown): string {
  const called = isList(output) && output.some((item) => isRecord(item) && calls.has(item['type']));
  return called ? 'tool_calls' : 'stop';
}
