import { answer, type Answer } from './answer.ts';
import { deltas } from './deltas.ts';
import { asNumber, asObject, asStrings, type JsonObject } from './json.ts';
import type { OperationCall, Payload, StreamEvent } from './payload.ts';
import { CREATED, stableId } from './stable-id.ts';
import { countTokens } from './tokens.ts';
import { chatUsage, usageOf } from './usage.ts';

/** Answers `POST /completions`, the legacy operation, plain and streamed. */
export function completions(call: OperationCall): Payload {
  const { params, reply, seed, model } = call;
  const prompts = promptsOf(params['prompt']);
  const said = prompts.flatMap(({ text }) => continuations(call, text));
  const inputTokens = prompts.reduce((sum, prompt) => sum + prompt.tokens, 0);
  const outputTokens = said.reduce((sum, one) => sum + one.outputTokens, 0);
  const usage = usageOf({ inputTokens, outputTokens, reasoningTokens: 0 }, reply.usage);
  const bill = { model, inputTokens: usage.inputTokens, outputTokens: usage.outputTokens };
  const head = { id: stableId('cmpl-', seed), object: 'text_completion', created: CREATED, model };
  if (params['stream'] === true)
    return { events: chunks(call, head, said, chatUsage(usage)), done: true, bill };
  const choices = said.map(({ text, finishReason }, index) => choiceOf(index, text, finishReason));
  return {
    whole: JSON.stringify({ ...head, choices, ...(!reply.omitUsage && { usage: chatUsage(usage) }) }),
    bill,
  };
}

function promptsOf(prompt: unknown): readonly { text: string; tokens: number }[] {
  if (!Array.isArray(prompt)) {
    const text = typeof prompt === 'string' ? prompt : '';
    return [{ text, tokens: countTokens(text) }];
  }
  if (typeof prompt[0] === 'number') return [{ text: prompt.join(' '), tokens: prompt.length }];
  return prompt.flatMap(promptsOf);
}

function continuations({ params, reply, seed }: OperationCall, lastUserText: string): readonly Answer[] {
  const maxTokens = asNumber(params['max_tokens']) ?? Infinity;
  const asked = { toolResults: [], tools: [], toolChoice: 'none', inputTokens: 0 };
  const prompt = { ...asked, lastUserText, maxTokens, stop: asStrings(params['stop']) };
  return Array.from({ length: asNumber(params['n']) ?? 1 }, (_, choice) => {
    const one = answer(prompt, reply, seed, choice);
    return params['echo'] === true ? { ...one, text: lastUserText + one.text } : one;
  });
}

function* chunks(
  { params, reply, tokensPerChunk }: OperationCall,
  head: JsonObject,
  said: readonly Answer[],
  usage: JsonObject,
): Generator<StreamEvent> {
  const told = asObject(params['stream_options'])['include_usage'] === true && !reply.omitUsage;
  const chunk = (choice: JsonObject): string =>
    JSON.stringify({ ...head, choices: [choice], ...(told && { usage: null }) });
  for (const [index, { text, finishReason }] of said.entries()) {
    for (const delta of deltas(text, tokensPerChunk)) {
      yield { data: chunk(choiceOf(index, delta.text, null)), content: true, tokens: delta.tokens };
    }
    yield { data: chunk(choiceOf(index, '', finishReason)) };
  }
  if (told) yield { data: JSON.stringify({ ...head, choices: [], usage }) };
}

function choiceOf(index: number, text: string, finish_reason: string | null): JsonObject {
  return { text, index, logprobs: null, finish_reason };
}
