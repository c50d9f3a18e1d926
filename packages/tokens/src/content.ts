import { audioTokens, fileTokens, imageTokens } from './media.ts';

/** What counting the input of one request needs. */
export interface Meter {
  readonly model: string | undefined;
  /** Tokens of a text. */
  text(text: string): number;
}

type JsonRecord = Readonly<Record<string, unknown>>;

/** Each message is framed: `<|start|>`, the role, `<|end|>`. */
export const MESSAGE = 3;
const NAME = 1;

/** Tokens of a value as JSON: never less than what a provider makes of it, which leaves quotes and braces out. */
export function json(value: unknown, meter: Meter): number {
  return value === undefined || value === null ? 0 : meter.text(JSON.stringify(value));
}

/** Tokens of a message of a chat, or of an item of a response that is one. */
export function message(value: unknown, meter: Meter): number {
  if (!isRecord(value)) return content(value, meter);
  const {
    role,
    content: said,
    name,
    refusal,
    reasoning,
    reasoning_content,
    tool_calls,
    function_call,
  } = value;
  let total = MESSAGE + content(role, meter) + content(said, meter);
  if (typeof name === 'string') total += NAME + meter.text(name);
  for (const text of [refusal, reasoning, reasoning_content]) total += content(text, meter);
  return total + json(tool_calls, meter) + json(function_call, meter);
}

/** Tokens of what a message holds: a text, or a list of parts. */
export function content(value: unknown, meter: Meter): number {
  if (typeof value === 'string') return meter.text(value);
  if (Array.isArray(value)) return value.reduce<number>((sum, part) => sum + content(part, meter), 0);
  return isRecord(value) ? part(value, meter) : 0;
}

function part(value: JsonRecord, meter: Meter): number {
  switch (value['type']) {
    case 'text':
    case 'input_text':
    case 'output_text':
    case 'summary_text':
    case 'reasoning_text':
      return content(value['text'], meter);
    case 'refusal':
      return content(value['refusal'], meter);
    case 'image_url': {
      const image = value['image_url'];
      return imageTokens(meter.model, isRecord(image) ? image['detail'] : undefined);
    }
    case 'input_image':
    case 'computer_screenshot':
    case 'image_generation_call':
      return imageTokens(meter.model, value['detail']);
    case 'input_audio': {
      const sound = isRecord(value['input_audio']) ? value['input_audio'] : {};
      return audioTokens(lengthOf(sound['data']), sound['format']);
    }
    case 'file':
      return file(isRecord(value['file']) ? value['file'] : {}, meter);
    case 'input_file':
      return file(value, meter);
    default:
      return json(value, meter);
  }
}

/** A file by id or address is with the provider: nobody here knows its length. */
function file({ filename, file_data: data }: JsonRecord, meter: Meter): number {
  return content(filename, meter) + fileTokens(lengthOf(data));
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? value.length : 0;
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
