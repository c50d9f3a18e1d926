import { answer, type Answer, type ToolCall } from './answer.ts';
import { invalidRequest } from './api-error.ts';
import { deltas } from './deltas.ts';
import { asNumber, asObject, asString, type JsonObject } from './json.ts';
import type { OperationCall, Payload, StreamEvent } from './payload.ts';
import { chatPrompt } from './prompt.ts';
import { CREATED, stableId } from './stable-id.ts';
import { chatUsage, usageOf } from './usage.ts';

/** Answers `POST /chat/completions`, plain and streamed. */
export function chat(call: OperationCall): Payload {
  const { params, reply, seed, model } = call;
  if (!Array.isArray(params['messages'])) {
    throw invalidRequest("Missing required parameter: 'messages'.", 'messages', 'missing_required_parameter');
  }
  const prompt = chatPrompt(params);
  const answers = Array.from({ length: asNumber(params['n']) ?? 1 }, (_, choice) =>
    answer(prompt, reply, seed, choice),
  );
  const outputTokens = answers.reduce((sum, one) => sum + one.outputTokens, 0);
  const reasoningTokens = answers.reduce((sum, one) => sum + one.reasoningTokens, 0);
  const usage = usageOf({ inputTokens: prompt.inputTokens, outputTokens, reasoningTokens }, reply.usage);
  const bill = { model, inputTokens: usage.inputTokens, outputTokens: usage.outputTokens };
  const head = { id: stableId('chatcmpl-', seed), created: CREATED, model, ...tierOf(params) };
  if (params['stream'] === true) {
    return { events: chunks(call, head, answers, chatUsage(usage)), done: true, bill };
  }
  const whole = JSON.stringify({
    ...head,
    object: 'chat.completion',
    choices: answers.map((one, index) => ({
      index,
      message: messageOf(one),
      logprobs: null,
      finish_reason: one.finishReason,
    })),
    ...(!reply.omitUsage && { usage: chatUsage(usage) }),
  });
  return { whole, bill };
}

function tierOf({ service_tier: tier, model }: JsonObject): JsonObject {
  const served = typeof tier === 'string' && tier !== 'auto' ? tier : 'default';
  return { service_tier: served, system_fingerprint: stableId('fp_', asString(model) ?? '').slice(0, 13) };
}

function messageOf({ text, refusal, toolCalls }: Answer): JsonObject {
  const silent = toolCalls.length > 0 || refusal !== '';
  return {
    role: 'assistant',
    content: text === '' && silent ? null : text,
    refusal: refusal || null,
    annotations: [],
    ...(toolCalls.length > 0 && { tool_calls: toolCalls.map(toolCallOf) }),
  };
}

function toolCallOf({ id, name, arguments: json }: ToolCall): JsonObject {
  return { id, type: 'function', function: { name, arguments: json } };
}

function* chunks(
  { params, reply, tokensPerChunk }: OperationCall,
  head: JsonObject,
  answers: readonly Answer[],
  usage: JsonObject,
): Generator<StreamEvent> {
  const told = asObject(params['stream_options'])['include_usage'] === true && !reply.omitUsage;
  // What all chunks share is serialised once: this is what benchmarks run most.
  const start = `${JSON.stringify({ ...head, object: 'chat.completion.chunk' }).slice(0, -1)},"choices":[`;
  const end = told ? '],"usage":null}' : ']}';
  const chunk = (index: number, { delta, finish, content, tokens }: ChoiceDelta): StreamEvent => {
    const reason = finish === undefined ? 'null' : JSON.stringify(finish);
    const choice = `{"index":${index},"delta":${delta},"logprobs":null,"finish_reason":${reason}}`;
    return { data: start + choice + end, content: content ?? false, tokens: tokens ?? 0 };
  };

  const speakers = answers.map((one) => choiceDeltas(one, tokensPerChunk));
  // Choices take turns, as they do in reality.
  for (let open = speakers.length; open > 0;) {
    open = 0;
    for (const [index, speaker] of speakers.entries()) {
      const next = speaker.next();
      if (next.done) continue;
      open++;
      yield chunk(index, next.value);
    }
  }
  if (told) yield { data: `${start}],"usage":${JSON.stringify(usage)}}` };
}

interface ChoiceDelta {
  /** JSON of the delta. */
  readonly delta: string;
  readonly finish?: string;
  readonly content?: boolean;
  readonly tokens?: number;
}

function* choiceDeltas(said: Answer, tokensPerChunk: number): Generator<ChoiceDelta, undefined> {
  const silent = said.text === '' && said.toolCalls.length > 0;
  const opening = { role: 'assistant', content: silent ? null : '', refusal: null };
  // Thinking is billed but not shown: its tokens go out with the first chunk.
  yield { delta: JSON.stringify(opening), tokens: said.reasoningTokens };
  for (const { text, tokens } of deltas(said.text, tokensPerChunk)) {
    yield { delta: `{"content":${JSON.stringify(text)}}`, content: true, tokens };
  }
  for (const { text, tokens } of deltas(said.refusal, tokensPerChunk)) {
    yield { delta: `{"refusal":${JSON.stringify(text)}}`, content: true, tokens };
  }
  for (const [index, call] of said.toolCalls.entries()) {
    const opened = toolCallOf({ ...call, arguments: '' });
    yield { delta: JSON.stringify({ tool_calls: [{ index, ...opened }] }), content: true };
    for (const { text, tokens } of deltas(call.arguments, tokensPerChunk)) {
      yield {
        delta: JSON.stringify({ tool_calls: [{ index, function: { arguments: text } }] }),
        content: true,
        tokens,
      };
    }
  }
  yield { delta: '{}', finish: said.finishReason };
}
