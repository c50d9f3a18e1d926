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

/** How many events with content the stream has. */
export const STREAM_EVENTS = 200;

/** The stream, an event to a chunk, as providers send it. */
export const STREAM: readonly Uint8Array[] = [
  ...Array.from({ length: STREAM_EVENTS }, (_, index) => chunk({ content: `token${index} ` }, null)),
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
