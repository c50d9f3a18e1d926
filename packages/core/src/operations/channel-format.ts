import { isRecord } from './json.ts';
import type { Channel, Params, Place } from './operation.ts';

/**
 * Whether what a model writes into a channel is JSON: the arguments of a function, and the content where the request asks
 * for it.
 */
export function channelFormat(channel: Channel, params: Params): Place['format'] {
  // The inputs of custom tools, code and commands are of the same kind, and are text.
  if (channel.kind === 'arguments') return channel.id.endsWith(':arguments') ? 'json' : 'text';
  return channel.kind === 'content' && answerFormat(params) !== 'text' ? 'json' : 'text';
}

/**
 * The form that a request asks an answer to have: `json_object`, `json_schema`, or `text` where it asks for nothing.
 */
export function answerFormat(params: Params): 'text' | 'json_object' | 'json_schema' {
  const { response_format: ofChat, text } = params;
  const format = isRecord(text) ? text['format'] : ofChat;
  const type = isRecord(format) ? format['type'] : undefined;
  return type === 'json_schema' || type === 'json_object' ? type : 'text';
}
