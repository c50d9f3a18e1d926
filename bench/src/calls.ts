import type OpenAI from 'openai';
import { SCHEMA, STREAM_EVENTS, prompt } from './fixtures.ts';

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

const asked = {
  model: 'gpt-4o-mini',
  messages: [{ role: 'user' as const, content: prompt(1000) }],
  response_format: {
    type: 'json_schema' as const,
    json_schema: { name: 'orders', strict: true, schema: SCHEMA },
  },
};

/** A plain call that asks for JSON, and parses what it gets. */
export async function jsonCall(client: OpenAI): Promise<void> {
  const reply = await client.chat.completions.create(asked);
  JSON.parse(reply.choices[0]?.message.content ?? '');
}

/** A streamed call that asks for JSON, and parses what it gets. */
export async function jsonStreamCall(client: OpenAI): Promise<void> {
  let text = '';
  for await (const chunk of await client.chat.completions.create({ ...asked, stream: true })) {
    text += chunk.choices[0]?.delta.content ?? '';
  }
  JSON.parse(text);
}
