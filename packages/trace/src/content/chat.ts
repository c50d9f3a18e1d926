import type { ChatParams } from '@interpose/core';
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

/** The content of a chat request. System messages stay where they stand in the conversation. */
export function chatInput(params: ChatParams): InputContent {
  const tools = records(params['tools']);
  return {
    messages: records(params.messages).map(message),
    ...(tools.length > 0 && { tools }),
  };
}

/** The messages of a chat body, one for each choice. */
export function chatOutput(body: unknown): readonly Message[] {
  if (!isRecord(body)) return [];
  return records(body['choices']).map((choice) => ({
    ...message(isRecord(choice['message']) ? choice['message'] : {}),
    ...(typeof choice['finish_reason'] === 'string' && { finish_reason: choice['finish_reason'] }),
  }));
}

function message(given: JsonRecord): Message {
  const role = typeof given['role'] === 'string' ? given['role'] : 'assistant';
  const name = typeof given['name'] === 'string' ? { name: given['name'] } : {};
  if (role === 'tool') {
    const result = given['content'];
    return { role, parts: [{ type: 'tool_call_response', id: given['tool_call_id'], result }] };
  }
  return { role, ...name, parts: [...contentParts(given), ...toolCalls(given)] };
}

function contentParts(given: JsonRecord): Part[] {
  const { content, refusal, reasoning_content: reasoning } = given;
  const parts: Part[] = [];
  if (typeof reasoning === 'string') parts.push({ type: 'reasoning', content: reasoning });
  if (typeof content === 'string' && content !== '') parts.push(text(content));
  for (const part of records(content)) parts.push(contentPart(part));
  if (typeof refusal === 'string') parts.push({ type: 'refusal', content: refusal });
  return parts;
}

function contentPart(part: JsonRecord): Part {
  const type = kindOf(part);
  const written = writtenPart(part);
  if (written) return written;
  const image = part['image_url'];
  if (type === 'image_url') return media('image', isRecord(image) ? image['url'] : image);
  if (type === 'input_audio') return media('audio', undefined);
  return { type };
}

function toolCalls(given: JsonRecord): Part[] {
  return records(given['tool_calls']).map((call) => {
    const called = isRecord(call['function'])
      ? call['function']
      : isRecord(call['custom'])
        ? call['custom']
        : {};
    const args = parsed(called['arguments'] ?? called['input']);
    return { type: 'tool_call', id: call['id'], name: called['name'], arguments: args };
  });
}
