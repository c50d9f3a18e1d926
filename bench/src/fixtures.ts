/** What the fake transport of the benchmarks answers: the same bytes each time, so that only the client's side is measured. */
export const ANSWER: string = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'gpt-4o-mini',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'An answer of some length. '.repeat(12), refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 250, completion_tokens: 60, total_tokens: 310 },
});

const STREAM_EVENTS = 200;
const TOKENS = Array.from({ length: STREAM_EVENTS }, (_, index) => `token${index} `);

/** How much text the stream carries. */
export const STREAM_CHARACTERS: number = TOKENS.join('').length;

/** The stream, an event to a chunk, as providers send it. */
export const STREAM: readonly Uint8Array[] = [
  ...TOKENS.map((content) => chunk({ content }, null)),
  chunk({}, 'stop'),
  Buffer.from('data: [DONE]\n\n'),
];

/** A schema, and 10 kB of JSON that keep it. */
export const SCHEMA = {
  type: 'object',
  properties: {
    orders: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          id: { type: 'integer' },
          state: { enum: ['open', 'sent', 'paid'] },
          customer: { type: 'string', maxLength: 80 },
          note: { anyOf: [{ type: 'string' }, { type: 'null' }] },
          cents: { type: 'array', items: { type: 'number' } },
        },
        required: ['id', 'state', 'customer', 'note', 'cents'],
        additionalProperties: false,
      },
    },
  },
  required: ['orders'],
  additionalProperties: false,
} as const;

const ORDERS: string = JSON.stringify({
  orders: Array.from({ length: 70 }, (_, id) => ({
    id,
    state: id % 2 === 0 ? 'open' : 'paid',
    customer: `Customer ${id}, of some street in a town`,
    note: id % 3 === 0 ? null : 'To be sent on Friday, please',
    cents: [id * 100, 250, 1999],
  })),
});

/** The plain answer with that JSON in it. */
export const JSON_ANSWER: string = ANSWER.replace(
  JSON.stringify('An answer of some length. '.repeat(12)),
  JSON.stringify(ORDERS),
);

/** The same as a stream, in as many events as the other one. */
export const JSON_STREAM: readonly Uint8Array[] = [
  ...Array.from({ length: STREAM_EVENTS }, (_, index) => {
    const size = Math.ceil(ORDERS.length / STREAM_EVENTS);
    return chunk({ content: ORDERS.slice(index * size, (index + 1) * size) }, null);
  }),
  chunk({}, 'stop'),
  Buffer.from('data: [DONE]\n\n'),
];

function chunk(delta: object, finishReason: string | null): Uint8Array {
  const data = {
    id: 'chatcmpl-bench',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'gpt-4o-mini',
    system_fingerprint: 'fp_bench',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
  };
  return Buffer.from(`data: ${JSON.stringify(data)}\n\n`);
}

/** A prompt of about that many characters. */
export function prompt(characters: number): string {
  return 'All work and no play makes a dull prompt. '.repeat(Math.ceil(characters / 42)).slice(0, characters);
}
