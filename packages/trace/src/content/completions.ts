import type { CompletionsParams } from '@interpose/core';
import { isRecord, records, text, type InputContent, type Message } from './message.ts';

/** The prompts of a legacy completions request. Those that come as token numbers are no text. */
export function completionsInput({ prompt }: CompletionsParams): InputContent {
  const prompts: readonly unknown[] = Array.isArray(prompt) ? prompt : [prompt];
  const texts = prompts.filter((each) => typeof each === 'string');
  return { messages: texts.map((each) => ({ role: 'user', parts: [text(each)] })) };
}

/** The texts of a legacy completions body, one for each choice. */
export function completionsOutput(body: unknown): readonly Message[] {
  if (!isRecord(body)) return [];
  return records(body['choices']).map((choice) => ({
    role: 'assistant',
    parts: typeof choice['text'] === 'string' ? [text(choice['text'])] : [],
    ...(typeof choice['finish_reason'] === 'string' && { finish_reason: choice['finish_reason'] }),
  }));
}
