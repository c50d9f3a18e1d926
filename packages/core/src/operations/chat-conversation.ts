import type { ChatMessage, ChatParams } from './chat.ts';
import type { Conversation, Entry, Speaker } from './conversation.ts';
import { isList, isRecord, mapItems, stringOf, withField } from './json.ts';

const SPEAKERS: Readonly<Record<string, Speaker>> = {
  system: 'system',
  developer: 'developer',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool',
  function: 'tool',
};

/** A call without an id, in the manner of `function_call`, is known by its function. */
const named = (name: unknown): string => `function ${String(name)}`;

/** What the results of a message's calls refer to. */
function callsOf(message: ChatMessage): string[] {
  const { tool_calls: calls, function_call: call } = message;
  const ids = isList(calls) ? calls.map((one) => (isRecord(one) ? stringOf(one['id']) : undefined)) : [];
  if (isRecord(call)) ids.push(named(call['name']));
  return ids.filter((id) => id !== undefined);
}

function entries({ messages }: ChatParams): readonly Entry[] {
  if (!isList(messages)) return [];
  /** The group of the latest call with an id: providers begin to count anew with each answer. */
  const groups = new Map<string, number>();
  return messages.map((value, index) => {
    const message = (isRecord(value) ? value : {}) as ChatMessage;
    const speaker = Object.hasOwn(SPEAKERS, message.role) ? SPEAKERS[message.role] : undefined;
    const place = `messages.${index}`;
    if (speaker === 'tool') {
      const id = stringOf(message['tool_call_id']) ?? named(message.name);
      const group = groups.get(id);
      return group === undefined
        ? { value, speaker: undefined, group: index, place }
        : { value, speaker, group, place };
    }
    for (const id of callsOf(message)) groups.set(id, index);
    return { value, speaker, group: index, place };
  });
}

/** Tells the messages of a chat apart: a message with calls and the results of all of them are one group. */
export const chatConversation: Conversation<ChatParams> = {
  entries,
  withEntries: (params, values) => withField(params, 'messages', values),
  say: (role, content) => ({ role, content }),
  withOutput: (value, text) =>
    isRecord(value) && SPEAKERS[String(value['role'])] === 'tool' ? withField(value, 'content', text) : value,
  withoutInstructions(params) {
    if (!isList(params.messages)) return params;
    const messages = mapItems(params.messages, (message) =>
      isRecord(message) && (message['role'] === 'system' || message['role'] === 'developer')
        ? withField(message, 'role', 'user')
        : message,
    );
    return withField(params, 'messages', messages);
  },
};
