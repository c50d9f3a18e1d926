import type OpenAI from 'openai';
import { SCHEMA, STREAM_CHARACTERS, prompt } from './fixtures.ts';

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
export function streamedCall(length: number): RunCall {
  const messages = [{ role: 'user' as const, content: prompt(length) }];
  return async (client) => {
    let characters = 0;
    const stream = await client.chat.completions.create({ model: 'gpt-4o-mini', messages, stream: true });
    for await (const chunk of stream) characters += chunk.choices[0]?.delta.content?.length ?? 0;
    // Not the events: what is held back to be looked at leaves in fewer.
    if (characters !== STREAM_CHARACTERS) throw new Error(`bench: ${characters} characters came`);
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
