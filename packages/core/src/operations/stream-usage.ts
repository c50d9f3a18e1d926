import { isList, isRecord } from './json.ts';
import type { Params, StreamUsage } from './operation.ts';

/** Whether a request wants its stream to end with the usage. */
export function asksForUsage(params: Params): boolean {
  const options = params['stream_options'];
  return isRecord(options) && options['include_usage'] === true;
}

/** Streams of choices: usage comes in a chunk of its own, without choices, before `[DONE]`. */
export const streamUsage: StreamUsage<never> = {
  ask(params: Params) {
    if (params['stream'] !== true || asksForUsage(params)) return params as never;
    const options = params['stream_options'];
    return {
      ...params,
      stream_options: { ...(isRecord(options) && options), include_usage: true },
    } as never;
  },
  isExtra: (data) =>
    isRecord(data) && isList(data['choices']) && data['choices'].length === 0 && isRecord(data['usage']),
};
