import { attemptFailed, attempted, evaluated } from '@interpose/core';
import { interpose, layerOf } from '@interpose/openai';
import { fakeProvider, type ScriptedReply } from '@interpose/testing';
import { InvalidOutputError, validate, type Check } from '@interpose/validate';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import * as z from 'zod';

/** One letter, and what came of it. */
export interface Extraction {
  readonly letter: string;
  /** What the layer did, a line each. */
  readonly happened: readonly string[];
  /** What the caller has in the end. */
  readonly got: string;
}

/** What is to be found in a letter. */
const Invoice = z.object({
  number: z.string(),
  currency: z.enum(['EUR', 'USD', 'CHF']),
  items: z.array(z.object({ what: z.string(), cents: z.number().int() })),
  total: z.number().int(),
});
type Invoice = z.infer<typeof Invoice>;

/** No schema can say that the items come to the total. */
const addsUp: Check = {
  name: 'adds-up',
  test({ answer }) {
    const { items, total } = answer as Invoice;
    const sum = items.reduce((all, { cents }) => all + cents, 0);
    return {
      pass: sum === total,
      score: sum - total,
      expected: 'must have a total that is the sum of its items',
    };
  },
};

const right = { number: 'A-17', currency: 'EUR', items: [{ what: 'paper', cents: 1250 }], total: 1250 };
const json = (invoice: object): ScriptedReply => ({ text: JSON.stringify(invoice) });

/** Letters, whether the answer is streamed, and what the model says to each: once, and when it is asked again. */
const LETTERS: readonly (readonly [letter: string, stream: boolean, ...says: ScriptedReply[]])[] = [
  ['A letter that is read right', false, json(right)],
  [
    'An answer in a code fence, with a comma too many',
    false,
    { text: `\`\`\`json\n${JSON.stringify(right).replace(']', ',]')}\n\`\`\`` },
  ],
  ['An amount as a text: asked again', false, json({ ...right, total: '12.50' }), json(right)],
  ['A sum that is wrong: asked again', false, json({ ...right, total: 1300 }), json(right)],
  [
    'A currency that nobody knows, at the beginning of a long stream: stopped',
    true,
    json({
      number: 'A-17',
      currency: 'DM',
      items: Array.from({ length: 300 }, () => right.items[0]),
      total: 1,
    }),
  ],
  [
    'A model that does not do it: a typed error',
    false,
    { text: 'There is no invoice.' },
    { text: 'I am sure.' },
  ],
];

/** Reads all letters with a model that is scripted, and tells what happened. */
export async function extract(): Promise<readonly Extraction[]> {
  await using provider = await fakeProvider();
  const client = new OpenAI({ apiKey: 'not-a-key', baseURL: provider.baseURL });
  const openai = interpose(client, [validate({ checks: [addsUp], repair: 1 })]);

  let happened: string[] = [];
  const events = layerOf(openai)?.events;
  events?.on(attempted, ({ data }) => happened.push(`attempt ${data.attempt}`));
  events?.on(evaluated, ({ data: { name, verdict, explanation } }) => {
    happened.push(`${name}: ${verdict}${explanation === undefined ? '' : ` (${explanation})`}`);
  });
  events?.on(attemptFailed, ({ data }) => {
    if (data.retrying) happened.push('the model is told what was wrong');
  });

  const results: Extraction[] = [];
  for (const [letter, stream, ...says] of LETTERS) {
    happened = [];
    // An event each millisecond, so that there is something left to be stopped.
    provider.script(...says.map((reply) => (stream ? { ...reply, drip: 1 } : reply)));
    const got = await read(openai, letter, stream).then(
      ({ number, total, currency }) => `${number}: ${(total / 100).toFixed(2)} ${currency}`,
      (error: unknown) => explain(error),
    );
    const { completed = true, outputTokens = 0 } = provider.ledger.entries.at(-1) ?? {};
    if (!completed)
      happened.push(`the provider stopped after ${outputTokens < 100 ? 'a few' : 'many'} tokens`);
    results.push({ letter, happened, got });
  }
  await layerOf(openai)?.close();
  return results;
}

async function read(openai: OpenAI, letter: string, stream: boolean): Promise<Invoice> {
  const params = {
    model: 'gpt-4o-mini',
    messages: [{ role: 'user' as const, content: `Find the invoice: ${letter}` }],
    response_format: zodResponseFormat(Invoice, 'invoice'),
  };
  const completion = stream
    ? await openai.chat.completions.stream(params).finalChatCompletion()
    : await openai.chat.completions.parse(params);
  const invoice = completion.choices[0]?.message.parsed;
  if (!invoice) throw new Error('the model refused');
  return invoice;
}

function explain(error: unknown): string {
  if (!(error instanceof InvalidOutputError)) throw error;
  const { code, message, stoppedEarly } = error;
  return `${code}${stoppedEarly ? ', stopped early' : ''}: ${message}`;
}
