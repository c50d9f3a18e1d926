import { answer, type Answer } from './answer.ts';
import { invalidRequest } from './api-error.ts';
import { asObject, type JsonObject } from './json.ts';
import type { OperationCall, Payload } from './payload.ts';
import { responsesPrompt } from './prompt.ts';
import { responseEvents } from './response-events.ts';
import { CREATED, stableId } from './stable-id.ts';
import { responsesUsage, usageOf } from './usage.ts';

/** Answers `POST /responses`, plain and streamed. */
export function responses(call: OperationCall): Payload {
  const { params, reply, seed, model } = call;
  if (params['input'] === undefined && params['prompt'] === undefined) {
    throw invalidRequest("Missing required parameter: 'input'.", 'input', 'missing_required_parameter');
  }
  const prompt = responsesPrompt(params);
  const said = answer(prompt, reply, seed);
  const usage = usageOf({ ...said, inputTokens: prompt.inputTokens }, reply.usage);
  const incomplete = INCOMPLETE[said.finishReason];
  const ending = reply.failed ? 'failed' : incomplete === undefined ? 'completed' : 'incomplete';

  const started = responseOf(params, model, seed);
  const output = outputItems(said, seed, ending === 'completed' ? 'completed' : 'incomplete');
  const ended = {
    ...started,
    status: ending,
    completed_at: ending === 'completed' ? CREATED : null,
    error: reply.failed ?? null,
    incomplete_details: ending === 'incomplete' ? { reason: incomplete } : null,
    output,
    usage: reply.failed || reply.omitUsage ? null : responsesUsage(usage),
  };
  const bill = { model, inputTokens: usage.inputTokens, outputTokens: usage.outputTokens };
  if (params['stream'] !== true) return { whole: JSON.stringify(ended), bill };
  return { events: responseEvents(started, ended, output, call.tokensPerChunk), bill };
}

const INCOMPLETE: Readonly<Record<string, string>> = {
  length: 'max_output_tokens',
  content_filter: 'content_filter',
};

function responseOf(params: JsonObject, model: string, seed: string): JsonObject {
  const given = (name: string, otherwise: unknown = null): unknown => params[name] ?? otherwise;
  const tier = given('service_tier', 'auto');
  return {
    id: stableId('resp_', seed),
    object: 'response',
    created_at: CREATED,
    status: 'in_progress',
    background: given('background', false),
    completed_at: null,
    error: null,
    incomplete_details: null,
    instructions: given('instructions'),
    max_output_tokens: given('max_output_tokens'),
    max_tool_calls: given('max_tool_calls'),
    metadata: given('metadata', {}),
    model,
    output: [],
    parallel_tool_calls: given('parallel_tool_calls', true),
    previous_response_id: given('previous_response_id'),
    reasoning: given('reasoning', { effort: null, summary: null }),
    service_tier: tier === 'auto' ? 'default' : tier,
    store: given('store', true),
    temperature: given('temperature', 1),
    text: { format: { type: 'text' }, ...asObject(params['text']) },
    tool_choice: given('tool_choice', 'auto'),
    tools: given('tools', []),
    top_logprobs: given('top_logprobs', 0),
    top_p: given('top_p', 1),
    truncation: given('truncation', 'disabled'),
    usage: null,
    user: given('user'),
  };
}

function outputItems(said: Answer, seed: string, status: string): readonly JsonObject[] {
  const { text, refusal, reasoning, toolCalls } = said;
  const content = [
    ...(text === '' && (refusal !== '' || toolCalls.length > 0)
      ? []
      : [{ type: 'output_text', text, annotations: [], logprobs: [] }]),
    ...(refusal === '' ? [] : [{ type: 'refusal', refusal }]),
  ];
  const thought = {
    id: stableId('rs_', seed),
    type: 'reasoning',
    summary: [{ type: 'summary_text', text: reasoning }],
  };
  // A limit that was reached while thinking leaves nothing said.
  const spoken = content.length > 0 && !(status === 'incomplete' && text + refusal === '');
  return [
    ...(reasoning === '' ? [] : [thought]),
    ...(spoken ? [{ id: stableId('msg_', seed), type: 'message', role: 'assistant', status, content }] : []),
    ...toolCalls.map(({ id, name, arguments: json }) => ({
      id: stableId('fc_', id),
      type: 'function_call',
      call_id: id,
      name,
      arguments: json,
      status,
    })),
  ];
}
