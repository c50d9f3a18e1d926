import { isList, isRecord, withField, type JsonRecord } from './json.ts';
import type { Closing, Usage } from './operation.ts';
import { deltas, itemStreams, partStreams, textOf, wholes, type TextStream } from './responses-texts.ts';

/** What of a part, an item or a response was handed on so far. */
interface Open {
  value: JsonRecord;
  /** Whether its end was told. */
  done: boolean;
  /** Whether the end of its text was told. */
  textDone: boolean;
}

interface Item extends Open {
  /** By the field of the item that they are in. */
  readonly content: Map<number, Open>;
  readonly summary: Map<number, Open>;
}

type PartField = 'content' | 'summary';

/** The events that tell of parts, by the field that the parts are in. */
const PARTS: readonly (readonly [field: PartField, index: string, type: string])[] = [
  ['content', 'content_index', 'response.content_part'],
  ['summary', 'summary_index', 'response.reasoning_summary_part'],
];

/** Ends streams of the responses operation: follows what they say, and tells the ends of all that is open. */
export function responsesClosing(): Closing {
  const items = new Map<number, Item>();
  let response: JsonRecord = {};
  let last = -1;
  let over = false;

  function itemAt(event: JsonRecord): Item | undefined {
    return items.get(numberAt(event, 'output_index'));
  }

  /** What a text is in: a part of an item, or the item. */
  function holderOf(event: JsonRecord, { index }: TextStream): Open | undefined {
    const item = itemAt(event);
    if (index === undefined || !item) return item;
    return item[index === 'summary_index' ? 'summary' : 'content'].get(numberAt(event, index));
  }

  function follow(event: JsonRecord): void {
    const { type, response: whole, item } = event;
    last = Math.max(last, numberAt(event, 'sequence_number', last));
    if (isRecord(whole)) response = whole;
    if (type === 'response.output_item.added' && isRecord(item)) {
      const opened = { value: item, done: false, textDone: false };
      items.set(numberAt(event, 'output_index'), { ...opened, content: new Map(), summary: new Map() });
      return;
    }
    const at = itemAt(event);
    if (!at) return;
    if (type === 'response.output_item.done' && isRecord(item)) {
      at.value = item;
      at.done = true;
    }
    followPart(at, event);
    followText(event);
  }

  function followPart(at: Item, event: JsonRecord): void {
    const { type, part, annotation } = event;
    for (const [field, index, prefix] of PARTS) {
      if (!isRecord(part)) continue;
      const done = type === `${prefix}.done`;
      if (done || type === `${prefix}.added`)
        at[field].set(numberAt(event, index), { value: part, done, textDone: done });
    }
    if (type !== 'response.output_text.annotation.added') return;
    const holder = at.content.get(numberAt(event, 'content_index'));
    const known = holder?.value['annotations'];
    if (holder)
      holder.value = { ...holder.value, annotations: [...(isList(known) ? known : []), annotation] };
  }

  function followText(event: JsonRecord): void {
    const { type, delta } = event;
    const stream = deltas.get(type) ?? wholes.get(type);
    const holder = stream && holderOf(event, stream);
    if (!stream || !holder) return;
    const { type: kind } = holder.value;
    if (itemStreams.get(kind) !== stream && partStreams.get(kind) !== stream) return;
    const { field } = stream;
    if (typeof delta === 'string') {
      const known = holder.value[field];
      holder.value = { ...holder.value, [field]: (typeof known === 'string' ? known : '') + delta };
    } else if (typeof event[field] === 'string') {
      holder.value = withField(holder.value, field, event[field]);
      holder.textDone = true;
    }
  }

  return {
    event(data) {
      if (isRecord(data)) follow(data);
      return [data];
    },
    end() {
      over = true;
      return [];
    },
    get over() {
      return over;
    },
    close(usage) {
      const events: JsonRecord[] = [];
      const tell = (type: string, fields: JsonRecord): void => {
        events.push({ type, sequence_number: ++last, ...fields });
      };
      const inOrder = [...items.entries()].toSorted(([a], [b]) => a - b);
      for (const [index, item] of inOrder) if (!item.done) closeItem(item, index, tell);
      const output = inOrder.map(([, item]) => item.value);
      const whole = { ...response, status: 'completed', output, usage: wireUsage(usage) };
      const text = 'output_text' in response ? { output_text: textOf(output) } : {};
      tell('response.completed', { response: { ...whole, ...text } });
      return events;
    },
  };
}

type Tell = (type: string, fields: JsonRecord) => void;

/** Tells the ends of an item's texts and parts, and its own. */
function closeItem(item: Item, output_index: number, tell: Tell): void {
  const within = { output_index, item_id: item.value['id'] ?? '' };
  const own = itemStreams.get(item.value['type']);
  if (own && !item.textDone) {
    tell(`${own.type}.done`, { ...within, [own.field]: item.value[own.field] ?? '' });
  }
  for (const [field, index, prefix] of PARTS) {
    for (const [position, part] of item[field]) {
      const at = { ...within, [index]: position };
      const stream = partStreams.get(part.value['type']);
      if (stream && !part.textDone) {
        const tokens = part.value['type'] === 'output_text' ? { logprobs: [] } : {};
        tell(`${stream.type}.done`, { ...at, [stream.field]: part.value[stream.field] ?? '', ...tokens });
      }
      if (!part.done) tell(`${prefix}.done`, { ...at, part: part.value });
    }
    if (item[field].size > 0) {
      item.value = { ...item.value, [field]: [...item[field].values()].map(({ value }) => value) };
    }
  }
  if (typeof item.value['status'] === 'string') item.value = { ...item.value, status: 'completed' };
  tell('response.output_item.done', { output_index, item: item.value });
}

function numberAt(event: JsonRecord, field: string, otherwise = 0): number {
  const value = event[field];
  return typeof value === 'number' ? value : otherwise;
}

function wireUsage({ inputTokens, outputTokens, totalTokens, ...of }: Usage): JsonRecord {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: of.cachedInputTokens ?? 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: of.reasoningTokens ?? 0 },
    total_tokens: totalTokens,
  };
}
