import { isRecord } from './json.ts';
import type { Channel, Params, Place } from './operation.ts';

/**
 * Whether what a model writes into a channel is JSON: the arguments of a function, and the content where the request asks
 * for it.
 */
export function channelFormat(channel: Channel, params: Params): Place['format'] {
  // The inputs of custom tools, code and commands are of the same kind, and are text.
  if (channel.kind === 'arguments') return channel.id.endsWith(':arguments') ? 'json' : 'text';
  return channel.kind === 'content' && asksForJson(params) ? 'json' : 'text';
}

function asksForJson(params: Params): boolean {
  const { response_format: ofChat, text } = params;
  const format = isRecord(text) ? text['format'] : ofChat;
  return isRecord(format) && (format['type'] === 'json_schema' || format['type'] === 'json_object');
}
