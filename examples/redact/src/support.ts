import { log } from '@interpose/log';
import { interpose, layerOf, tags } from '@interpose/openai';
import { redact, type Rule } from '@interpose/redact';
import { fakeProvider } from '@interpose/testing';
import OpenAI from 'openai';

/** What the chat comes to: on either side of the layer, and in the log. */
export interface Support {
  readonly asked: readonly string[];
  readonly answered: readonly string[];
  readonly logged: readonly string[];
  readonly refusal: string;
}

/** A rule of one's own: what identifies a customer here. */
const customer: Rule = {
  id: 'customer',
  kind: 'CUSTOMER',
  pattern: /(?<![A-Z0-9-])C-\d{6}(?!\d)/,
  keywords: ['c-'],
  maxLength: 8,
  examples: { match: ['C-204417'], noMatch: ['C-20441', 'AC-204417'] },
};

const email: Rule = {
  id: 'mailbox',
  kind: 'EMAIL',
  pattern: /(?<![\w.+-])[\w.+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24}(?![a-z0-9-])/i,
  keywords: ['@'],
  maxLength: 350,
  examples: { match: ['ann@example.org'], noMatch: ['ann@home'] },
};

const key: Rule = {
  id: 'shop-key',
  kind: 'SHOP_KEY',
  pattern: /shop_live_[a-z0-9]{16}/,
  keywords: ['shop_live_'],
  maxLength: 26,
  examples: { match: ['shop_live_0a1b2c3d4e5f6a7b'], noMatch: ['shop_test_0a1b2c3d4e5f6a7b'] },
};

/**
 * Plays the chat against a model that repeats what it was told.
 *
 * @param write gets the answers as they come.
 */
export async function support(write: (text: string) => void): Promise<Support> {
  const asked: string[] = [];
  await using provider = await fakeProvider({
    replies: ({ body }) => {
      const { messages } = body as { messages: { content: string }[] };
      const content = messages.at(-1)?.content ?? '';
      asked.push(content);
      const [who = 'you', where = 'there'] = content.match(/\[\w+\]/g) ?? [];
      return { text: `Dear ${who}, the parcel is on its way. We write to ${where} when it arrives.` };
    },
  });

  const logged: string[] = [];
  const line = (fields: object, message: string): void =>
    void logged.push(`${message} ${JSON.stringify(fields)}`);
  const openai = interpose(new OpenAI({ apiKey: 'not-a-key', baseURL: provider.baseURL }), [
    log({
      logger: { debug: line, info: line, warn: line, error: line },
      // What a log is told of a call is scrubbed by the same rules.
      fields: ({ call }) => ({ subject: call.tags['subject'] }),
    }),
    redact({
      rules: [customer, email, key],
      request: { default: 'pseudonymise', 'shop-key': 'block' },
      restore: true,
    }),
  ]);

  const answered: string[] = [];
  async function ask(content: string): Promise<void> {
    const stream = await openai.chat.completions.create(
      { model: 'gpt-4o-mini', messages: [{ role: 'user', content }], stream: true },
      tags({ tenant: 'acme', subject: content }),
    );
    let answer = '';
    for await (const chunk of stream) {
      const text = chunk.choices[0]?.delta.content ?? '';
      write(text);
      answer += text;
    }
    answered.push(answer);
  }

  await ask('I am C-204417. Where is my parcel? ann@example.org');
  const refusal = await ask('It says shop_live_0a1b2c3d4e5f6a7b').then(
    () => 'it was sent',
    (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
  );
  await layerOf(openai)?.close();
  return {
    asked,
    answered,
    logged: logged.map((text) => text.replaceAll(/"callId.*?,|"latencyMs":\d+,|"firstContentMs":\d+,/g, '')),
    refusal,
  };
}
