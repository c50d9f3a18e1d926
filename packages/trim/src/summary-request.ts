import { Failure, ask, type Call, type Conversation, type Handler, type Params } from '@interpose/core';
import type { SummariseSettings } from './trim-options.ts';

/**
 * Asks a model for a summary of some entries of a conversation, by the very operation of the call, so that any provider that
 * answers the call can be asked.
 *
 * @throws {Failure} when there is none: an error, a refusal, an empty answer.
 */
export async function askForSummary(
  call: Call,
  transcript: string,
  settings: SummariseSettings,
  next: Handler,
): Promise<string> {
  const { operation } = call;
  const conversation = operation.conversation as Conversation;
  const { model, maxOutputTokens, instructions, params: further, url = call.url } = settings;
  const { store } = call.params;
  const said = [conversation.say('system', instructions), conversation.say('user', transcript)];
  const given: Params = { model, ...(store !== undefined && { store }) };
  const params = {
    ...operation.withOutputLimit(conversation.withEntries(given, said), maxOutputTokens),
    ...further,
  };
  const reply = await ask(next, call.derive({ operation, url, params }));
  if (!reply.ok) throw (await reply.failure()) ?? new Failure('server', { status: reply.status });
  const body = await reply.json().catch(async (thrown: unknown) => {
    await reply.cancel(thrown);
    throw thrown;
  });
  const { pieces, error } = operation.inspectBody(body);
  if (error) throw new Failure('server', { code: 'no_summary' });
  const text = pieces
    .filter(({ kind }) => kind === 'content')
    .map((piece) => piece.text)
    .join('')
    .trim();
  if (text === '') throw new Failure('invalid_output', { code: 'no_summary' });
  return text;
}

/** What was said in some entries, as one text: who said it, and what. */
export function transcriptOf(call: Call, values: readonly unknown[], before: string | undefined): string {
  const { operation } = call;
  const conversation = operation.conversation as Conversation;
  const lines: string[] = before === undefined ? [] : [`[Summary of what was said before]\n${before}`];
  operation.mapInput(conversation.withEntries({}, values), (text, { role = 'user', path, format }) => {
    if (!path.endsWith('.name'))
      lines.push(`[${role}${format === 'json' ? ', calling a tool' : ''}]\n${text}`);
    return text;
  });
  return lines.join('\n\n');
}
