import { chat, completions, responses, type Call } from '@interpose/core';
import { chatInput, chatOutput } from './chat.ts';
import { completionsInput, completionsOutput } from './completions.ts';
import type { InputContent, Message } from './message.ts';
import { responsesInput, responsesOutput } from './responses.ts';

/** What a request says; undefined where an operation has no conversation. */
export function inputOf(call: Call): InputContent | undefined {
  if (call.is(chat)) return chatInput(call.params);
  if (call.is(responses)) return responsesInput(call.params);
  if (call.is(completions)) return completionsInput(call.params);
  return undefined;
}

/** What a whole body says. */
export function outputOf(call: Call, body: unknown): readonly Message[] {
  if (call.is(chat)) return chatOutput(body);
  if (call.is(responses)) return responsesOutput(body);
  return call.is(completions) ? completionsOutput(body) : [];
}
