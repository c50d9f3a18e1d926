import type OpenAI from 'openai';
import { STREAM_EVENTS, prompt } from './fixtures.ts';

/** Makes one call and reads all of the answer. */
export type RunCall = (client: OpenAI) => Promise<void>;

/** A plain call with a prompt of that many characters. */
export function plainCall(characters: number): RunCall {
  const params = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: prompt(characters) }] };
  return async (client) => {
    const reply = await client.chat.completions.create(params);
    if (!reply.choices[0]?.message.content) throw new Error('bench: no content');
  };
}

/** A streamed call, read event by event. */
export function streamedCall(characters: number): RunCall {
  const messages = [{ role: 'user' as const, content: prompt(characters) }];
  return async (client) => {
    let events = 0;
    const stream = await client.chat.completions.create({ model: 'gpt-4o-mini', messages, stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) events++;
    if (events !== STREAM_EVENTS) throw new Error(`bench: ${events} events instead of ${STREAM_EVENTS}`);
  };
}
