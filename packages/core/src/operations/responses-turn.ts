import { isList } from './json.ts';
import type { Turn } from './operation.ts';
import type { ResponsesItem, ResponsesParams } from './responses.ts';

/**
 * A responses request with one more turn. Items go without their ids, and reasoning stays out: a provider that keeps
 * nothing could not find them. A request that goes on with a stored conversation finds there what was answered.
 */
export function continueResponse(params: ResponsesParams, { text, calls, reply }: Turn): ResponsesParams {
  const { input, conversation } = params;
  const before: readonly ResponsesItem[] = isList(input)
    ? input
    : typeof input === 'string'
      ? [{ role: 'user', content: input }]
      : [];
  const stored = conversation !== undefined && conversation !== null;
  const answered = [
    ...(text === undefined ? [] : [{ role: 'assistant', content: text }]),
    ...calls.map(({ callId, name, arguments: given }) => ({
      type: 'function_call',
      call_id: callId,
      name,
      arguments: given,
    })),
  ];
  const results = calls.map(({ callId, result }) => ({
    type: 'function_call_output',
    call_id: callId,
    output: result,
  }));
  const said = reply === undefined ? [] : [{ role: 'user', content: reply }];
  return { ...params, input: [...(stored ? [] : [...before, ...answered]), ...results, ...said] };
}
