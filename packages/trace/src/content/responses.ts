import type { ResponsesParams } from '@interpose/core';
import {
  isRecord,
  kindOf,
  media,
  parsed,
  records,
  text,
  writtenPart,
  type InputContent,
  type JsonRecord,
  type Message,
  type Part,
} from './message.ts';

/** The content of a responses request. */
export function responsesInput({ input, instructions, ...rest }: ResponsesParams): InputContent {
  const tools = records(rest['tools']);
  return {
    messages: typeof input === 'string' ? [{ role: 'user', parts: [text(input)] }] : records(input).map(item),
    ...(typeof instructions === 'string' && { instructions: [text(instructions)] }),
    ...(tools.length > 0 && { tools }),
  };
}

/** The message of a responses body: its output items are the parts of one. */
export function responsesOutput(body: unknown): readonly Message[] {
  if (!isRecord(body)) return [];
  const items = records(body['output']);
  const parts = items.flatMap((output) => item(output).parts);
  if (parts.length === 0) return [];
  return [{ role: 'assistant', parts, finish_reason: finishReason(body, items) }];
}

function finishReason(body: JsonRecord, items: readonly JsonRecord[]): string {
  const details = body['incomplete_details'];
  if (isRecord(details) && typeof details['reason'] === 'string') return details['reason'];
  if (body['status'] === 'failed') return 'error';
  return items.some((item) => item['type'] === 'function_call') ? 'tool_call' : 'stop';
}

function item(given: JsonRecord): Message {
  const type = kindOf(given);
  switch (type) {
    case 'function_call':
    case 'custom_tool_call': {
      const args = parsed(given['arguments'] ?? given['input']);
      return assistant({ type: 'tool_call', id: given['call_id'], name: given['name'], arguments: args });
    }
    case 'function_call_output':
    case 'custom_tool_call_output': {
      const response = { type: 'tool_call_response', id: given['call_id'], result: given['output'] };
      return { role: 'tool', parts: [response] };
    }
    case 'reasoning': {
      const summary = [...records(given['summary']), ...records(given['content'])].map(
        (part) => part['text'],
      );
      return assistant({
        type: 'reasoning',
        content: summary.filter((part) => typeof part === 'string').join('\n'),
      });
    }
    case 'message': {
      const { content } = given;
      const role = typeof given['role'] === 'string' ? given['role'] : 'assistant';
      return {
        role,
        parts: typeof content === 'string' ? [text(content)] : records(content).map(contentPart),
      };
    }
    default:
      // Of what is not known, the kind alone: its fields may hold anything.
      return assistant({ type });
  }
}

function assistant(part: Part): Message {
  return { role: 'assistant', parts: [part] };
}

function contentPart(part: JsonRecord): Part {
  const type = kindOf(part);
  const written = writtenPart(part);
  if (written) return written;
  if (type === 'input_image') return media('image', part['image_url']);
  if (type === 'input_audio') return media('audio', undefined);
  if (type === 'input_file') return media('file', part['file_url']);
  return { type };
}
