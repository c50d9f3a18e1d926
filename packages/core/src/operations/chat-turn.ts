import type { ChatMessage, ChatParams } from './chat.ts';
import { isList, withField } from './json.ts';
import type { Turn } from './operation.ts';

/** A chat request with one more turn: what the assistant said and called, the results, and what the user says. */
export function continueChat(params: ChatParams, { text, calls, reply }: Turn): ChatParams {
  const older = calls.find(({ callId }) => callId === undefined);
  const assistant: Record<string, unknown> & { role: string } = { role: 'assistant', content: text ?? null };
  if (older) assistant['function_call'] = { name: older.name, arguments: older.arguments };
  else if (calls.length > 0) {
    assistant['tool_calls'] = calls.map(({ callId, name, arguments: given }) => ({
      id: callId,
      type: 'function',
      function: { name, arguments: given },
    }));
  }
  const results = (older ? [older] : calls).map(({ callId, name, result }) =>
    callId === undefined
      ? { role: 'function', name, content: result }
      : { role: 'tool', tool_call_id: callId, content: result },
  );
  const said = reply === undefined ? [] : [{ role: 'user', content: reply }];
  const before = isList(params.messages) ? params.messages : [];
  // An answer without anything is none that could be told.
  const answered = text === undefined && calls.length === 0 ? [] : [assistant as ChatMessage];
  const messages = [...before, ...answered, ...results, ...said];
  return withField(params, 'messages', messages);
}
