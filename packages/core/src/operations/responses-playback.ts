import { isList, isRecord, type JsonRecord } from './json.ts';
import { itemStreams, partStreams } from './responses-texts.ts';

/** Progress that the tools of the provider report between the start and the end of their item. */
const progress: { readonly [type: string]: readonly string[] } = {
  web_search_call: ['in_progress', 'searching', 'completed'],
  file_search_call: ['in_progress', 'searching', 'completed'],
  image_generation_call: ['in_progress', 'generating', 'completed'],
  mcp_list_tools: ['in_progress', 'completed'],
};

/** Plays a response back as the events of a stream. One that is still at work is not played: the list is empty. */
export function playResponse(body: unknown): readonly JsonRecord[] {
  if (!isRecord(body) || !isList(body['output'])) return [];
  const { status = 'completed', output } = body;
  if (status !== 'completed' && status !== 'incomplete' && status !== 'failed') return [];

  const events: JsonRecord[] = [];
  const play = (type: string, fields: JsonRecord): void => {
    events.push({ type, sequence_number: events.length, ...fields });
  };
  const response = begun(body);
  play('response.created', { response });
  play('response.in_progress', { response });
  if (isList(output)) output.forEach((item, index) => playItem(item, index, play));
  play(`response.${status}`, { response: body });
  return events;
}

type Play = (type: string, fields: JsonRecord) => void;

/** The response as it is when nothing of it has been written. */
function begun(body: JsonRecord): JsonRecord {
  const blank: Record<string, unknown> = { status: 'in_progress', output: [] };
  for (const field of ['usage', 'error', 'incomplete_details', 'completed_at']) {
    if (field in body) blank[field] = null;
  }
  if ('output_text' in body) blank['output_text'] = '';
  return { ...body, ...blank };
}

function playItem(item: unknown, output_index: number, play: Play): void {
  if (!isRecord(item)) return;
  const at = { output_index };
  const within = { ...at, item_id: typeof item['id'] === 'string' ? item['id'] : '' };
  play('response.output_item.added', { ...at, item: opened(item) });

  const stream = itemStreams.get(item['type']);
  if (stream !== undefined) {
    const text = item[stream.field];
    if (typeof text === 'string') {
      if (text !== '') play(`${stream.type}.delta`, { ...within, delta: text });
      play(`${stream.type}.done`, { ...within, [stream.field]: text });
    }
  } else if (item['type'] === 'message' || item['type'] === 'reasoning') {
    playParts(item['summary'], 'response.reasoning_summary_part', 'summary_index', within, play);
    playParts(item['content'], 'response.content_part', 'content_index', within, play);
  }
  const steps = typeof item['type'] === 'string' ? progress[item['type']] : undefined;
  if (steps !== undefined && item['status'] !== 'failed') {
    for (const step of steps) play(`response.${String(item['type'])}.${step}`, within);
  }
  play('response.output_item.done', { ...at, item });
}

/** The item as it is when nothing of it has been written. */
function opened(item: JsonRecord): JsonRecord {
  const blank: Record<string, unknown> = {};
  if (item['status'] === 'completed' || item['status'] === 'incomplete') blank['status'] = 'in_progress';
  const stream = itemStreams.get(item['type']);
  if (stream !== undefined && typeof item[stream.field] === 'string') blank[stream.field] = '';
  if (item['type'] === 'image_generation_call') blank['result'] = null;
  if (item['type'] === 'message' || item['type'] === 'reasoning') {
    for (const field of ['content', 'summary']) if (isList(item[field])) blank[field] = [];
  }
  return { ...item, ...blank };
}

function playParts(parts: unknown, type: string, index: string, within: JsonRecord, play: Play): void {
  if (!isList(parts)) return;
  parts.forEach((part, position) => {
    if (!isRecord(part)) return;
    const at = { ...within, [index]: position };
    const stream = partStreams.get(part['type']);
    const text = stream === undefined ? undefined : part[stream.field];
    if (stream === undefined || typeof text !== 'string') {
      play(`${type}.added`, { ...at, part });
      play(`${type}.done`, { ...at, part });
      return;
    }
    const { annotations, logprobs } = part;
    const blank: Record<string, unknown> = { [stream.field]: '' };
    if (isList(annotations)) blank['annotations'] = [];
    if (isList(logprobs)) blank['logprobs'] = [];
    // Deltas and their ends carry log probabilities even where the part has none.
    const tokens = part['type'] === 'output_text' ? { logprobs: isList(logprobs) ? logprobs : [] } : {};

    play(`${type}.added`, { ...at, part: { ...part, ...blank } });
    if (text !== '') play(`${stream.type}.delta`, { ...at, delta: text, ...tokens });
    if (isList(annotations)) {
      annotations.forEach((annotation, annotation_index) =>
        play(`${stream.type}.annotation.added`, { ...at, annotation_index, annotation }),
      );
    }
    play(`${stream.type}.done`, { ...at, [stream.field]: text, ...tokens });
    play(`${type}.done`, { ...at, part });
  });
}
