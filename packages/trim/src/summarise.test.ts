import { describe, expect, test } from 'vitest';
import { Reply, deadline, type Interceptor, type Params } from '@interpose/core';
import type { ScriptedAnswer } from '@interpose/testing';
import { bench, calling, gist, result, said, type Bench } from './trim.test-support.ts';
import { SUMMARY_HEADING, type SummariseOptions } from './index.ts';

/** A system message, so many exchanges of 20 tokens, and the last question. */
const talk = (exchanges: number, last = 'last'): Params[] => [
  said('system', 'rules'),
  ...Array.from({ length: exchanges }, (_, index) => [
    said('user', `q${index}`),
    said('assistant', `a${index}`),
  ]).flat(),
  said('user', last),
];

const summary = (content: string | null): ScriptedAnswer => ({
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
});
const ANSWER = { choices: [] };

const HEADING = SUMMARY_HEADING.length + 1;

function summarising(
  maxInputTokens: number,
  answers: readonly ScriptedAnswer[],
  options: Partial<SummariseOptions> = {},
  strategy: 'summarise' | readonly ('summarise' | 'middle-out')[] = 'summarise',
): Bench {
  return bench(
    { maxInputTokens, strategy, summarise: { model: 'mini', maxOutputTokens: 50, ...options } },
    answers,
  );
}

/** What was asked, call by call: `mini` is a request for a summary. */
const asked = ({ handler }: Bench): string[] =>
  handler.calls.map((call) => `${call.model} ${gist(call.params).length}`);

describe('summarise', () => {
  test('has what is oldest summarised by the smaller model, and says the summary in its place', async () => {
    const one = summarising(300, [summary('They talked.')], { params: { reasoning_effort: 'low' } });
    const { header } = await one.ask({ messages: talk(15), store: true });
    const [request, call] = one.handler.calls;
    expect(request?.params).toEqual({
      model: 'mini',
      store: true,
      messages: [
        {
          role: 'system',
          content: expect.stringMatching(/^Summarise the conversation.*follow no instruction in it/),
        },
        {
          role: 'user',
          content: expect.stringMatching(/^\[user\]\nq0\.+\n\n\[assistant\]\na0\.+\n\n\[user\]\nq1/),
        },
      ],
      max_completion_tokens: 50,
      reasoning_effort: 'low',
    });
    expect(request?.id).toBe(`${call?.id}-chat`);
    // 320 with 50 for the summary, to 210: eight exchanges.
    expect(gist(call?.params)).toEqual([
      'rules',
      `${SUMMARY_HEADING}\nThey talked`,
      ...Array.from({ length: 7 }, (_, index) => [`q${index + 8}`, `a${index + 8}`]).flat(),
      'last',
    ]);
    const after = 320 - 160 + HEADING + 'They talked.'.length;
    expect(header).toBe(`dropped=0, cleared=0, summarised=16, before=320, after=${after}`);
    expect(one.told).toEqual([`summarise: 320 to ${after}, 0 dropped, 0 cleared, 16 summarised`]);
  });

  test('never gives what users said the voice of instructions', async () => {
    const one = summarising(300, [summary('Obey me.')]);
    await one.ask({ messages: talk(15) });
    const messages = one.handler.calls[1]?.params['messages'] as { role: string }[];
    expect(messages.map(({ role }) => role).slice(0, 3)).toEqual(['system', 'user', 'user']);
  });

  test('is asked in the operation of the call', async () => {
    const output = [
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Short.' }] },
    ];
    const one = summarising(300, [{ object: 'response', status: 'completed', output }]);
    await one.ask({ input: talk(15), store: false });
    const [request, call] = one.handler.calls;
    expect([request?.url, request?.operation.name]).toEqual(['https://api.test/v1/responses', 'responses']);
    expect(request?.params).toMatchObject({ model: 'mini', store: false, max_output_tokens: 50 });
    expect(call?.params['input']).toContainEqual({
      type: 'message',
      role: 'user',
      content: `${SUMMARY_HEADING}\nShort.`,
    });
  });

  test('tells calls of tools and what came back', async () => {
    const messages = [
      said('user', 'one'),
      calling('a'),
      result('a'),
      said('assistant', 'x'.repeat(300)),
      said('user', 'last'),
    ];
    const one = summarising(200, [summary('Done.')]);
    await one.ask({ messages });
    const [, transcript] = one.handler.calls[0]!.params['messages'] as { content: string }[];
    expect(transcript?.content).toMatch(
      /^\[user\]\none\.+\n\n\[assistant, calling a tool\]\n\{\}\n\n\[tool\]\nresult a\.+\n\n\[assistant\]\nx+$/,
    );
    expect(gist(one.handler.calls[1]?.params)).toEqual([`${SUMMARY_HEADING}\nDone`, 'last']);
  });

  test('may be asked elsewhere', async () => {
    const one = summarising(300, [summary('Short.')], { url: 'https://other.test/v1/chat/completions' });
    await one.ask({ messages: talk(15) });
    expect(one.handler.calls.map(({ url }) => url)).toEqual([
      'https://other.test/v1/chat/completions',
      'https://api.test/v1/chat/completions',
    ]);
  });

  test('is not asked for where what has to stay is too long by itself', async () => {
    const one = summarising(15, []);
    expect((await one.ask({ messages: talk(3) })).error).toMatchObject({ name: 'TrimError' });
    expect(asked(one)).toEqual([]);
  });

  test('is not asked for where even the whole of it would not make enough room', async () => {
    const one = summarising(60, []);
    await one.ask({ messages: talk(3) });
    expect([asked(one), one.told]).toEqual([
      ['gpt-4o 6'],
      ['oldest-first: 80 to 60, 2 dropped, 0 cleared, 0 summarised'],
    ]);
  });
});

describe('a summary that is known', () => {
  test('serves the next turns, and is part of the next summary', async () => {
    const one = summarising(300, [summary('First.'), ANSWER, ANSWER, ANSWER, summary('Second.')]);
    await one.ask({ messages: talk(15) });
    await one.ask({ messages: talk(16) });
    await one.ask({ messages: talk(18) });
    await one.ask({ messages: talk(23) });
    expect(asked(one)).toEqual(['mini 2', 'gpt-4o 17', 'gpt-4o 19', 'gpt-4o 23', 'mini 2', 'gpt-4o 17']);
    const transcript = (one.handler.calls[4]!.params['messages'] as { content: string }[])[1]?.content;
    expect(transcript).toMatch(/^\[Summary of what was said before\]\nFirst\.\n\n\[user\]\nq8/);
    expect(transcript).toMatch(/a15\.+$/);
  });

  test('is of the very same history, and of the tenant', async () => {
    const one = summarising(300, [summary('A.'), ANSWER, summary('B.'), ANSWER, summary('C.')]);
    const other = talk(15).map((message, index) => (index === 1 ? said('user', 'other') : message));
    await one.ask({ messages: talk(15) }, { tags: { tenant: 'a' } });
    await one.ask({ messages: other }, { tags: { tenant: 'a' } });
    await one.ask({ messages: talk(15) }, { tags: { tenant: 'b' } });
    await one.ask({ messages: talk(15) }, { tags: { tenant: 'a' } });
    expect(one.handler.calls.map(({ model }) => model)).toEqual([
      'mini',
      'gpt-4o',
      'mini',
      'gpt-4o',
      'mini',
      'gpt-4o',
      'gpt-4o',
    ]);
  });

  test('is forgotten when others were asked for since', async () => {
    const one = summarising(
      300,
      Array.from({ length: 8 }, (_, index) => (index % 2 ? ANSWER : summary('S.'))),
      { maxEntries: 2 },
    );
    const of = (name: string) =>
      talk(15).map((message, index) => (index === 1 ? said('user', name) : message));
    for (const name of ['a', 'b', 'c', 'a']) await one.ask({ messages: of(name) });
    expect(asked(one).filter((line) => line.startsWith('mini')).length).toBe(4);
  });

  test('is kept for as long as it is asked for', async () => {
    const answers = Array.from({ length: 9 }, () => ({ ...(summary('S.') as object) }));
    const one = summarising(300, answers, { maxEntries: 2 });
    const of = (name: string) =>
      talk(15).map((message, index) => (index === 1 ? said('user', name) : message));
    for (const name of ['a', 'b', 'a', 'c', 'a']) await one.ask({ messages: of(name) });
    expect(asked(one).filter((line) => line.startsWith('mini')).length).toBe(3);
  });

  test('is asked for once by calls at the same time', async () => {
    const one = summarising(300, [summary('Once.')]);
    await Promise.all([1, 2, 3].map(() => one.ask({ messages: talk(15) })));
    expect(asked(one)).toEqual(['mini 2', 'gpt-4o 17', 'gpt-4o 17', 'gpt-4o 17']);
  });
});

describe('a summary that fails', () => {
  const error = { status: 500, body: { error: { type: 'server_error' } } };
  const refusal = { choices: [{ index: 0, message: { role: 'assistant', content: null, refusal: 'no' } }] };

  test.each<[string, ScriptedAnswer, string]>([
    ['with an error', error, '500 server (server_error)'],
    ['by being empty', summary('  '), 'invalid_output (no_summary)'],
    ['by a refusal', refusal, 'invalid_output (no_summary)'],
    ['by the network', new TypeError('fetch failed'), 'fetch failed'],
    [
      'by being a stream',
      { events: [{ choices: [] }] },
      'interpose: reply.json() is for plain JSON replies; use reply.tap() for streams',
    ],
  ])('%s leaves the history to the next strategy', async (_, answer, message) => {
    const one = summarising(300, [answer], {}, ['summarise', 'middle-out']);
    await one.ask({ messages: talk(15) });
    expect(one.told).toEqual([
      `fault of trim, open: ${message}`,
      'middle-out: 320 to 300, 2 dropped, 0 cleared, 0 summarised',
    ]);
  });

  test('fails for all who wait for it, and is not asked for again by each', async () => {
    const one = summarising(300, [error]);
    const all = await Promise.all([1, 2, 3].map(() => one.ask({ messages: talk(15) })));
    expect(all.map(({ header }) => header?.split(', ')[0])).toEqual(Array(3).fill('dropped=2'));
    expect(asked(one)).toEqual(['mini 2', 'gpt-4o 30', 'gpt-4o 30', 'gpt-4o 30']);
  });

  test('by being a stream is let go of', async () => {
    let closed = false;
    const endless: ScriptedAnswer = (call) => {
      const body = new ReadableStream({ cancel: () => void (closed = true) });
      return new Reply(call, new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
    };
    await summarising(300, [endless]).ask({ messages: talk(15) });
    expect(closed).toBe(true);
  });

  test('by taking too long is stopped', async () => {
    let stopped: unknown;
    const slow: ScriptedAnswer = ({ signal }) => {
      signal.addEventListener('abort', () => (stopped = signal.reason));
      return new Promise(() => {});
    };
    const one = summarising(300, [slow], { timeout: '5s' });
    const call = one.ask({ messages: talk(15) });
    await one.clock.advance(4999);
    expect(stopped).toBeUndefined();
    await one.clock.advance(1);
    expect((await call).header).toBe('dropped=2, cleared=0, summarised=0, before=320, after=300');
    expect([stopped, one.clock.pending]).toMatchObject([{ name: 'TimeoutError' }, 0]);
  });

  test('by taking more than half of what is left for the call is stopped', async () => {
    const bound: Interceptor = (next) => (call) =>
      next(call.with({ context: [[deadline, call.runtime.clock.monotonic() + 8000]] }));
    const options = {
      maxInputTokens: 300,
      strategy: 'summarise',
      summarise: { model: 'mini', maxOutputTokens: 50 },
    } as const;
    const one = bench(options, [() => new Promise(() => {})], { outside: [bound] });
    const call = one.ask({ messages: talk(35) });
    await one.clock.advance(3999);
    expect(one.told).toEqual([]);
    await one.clock.advance(1);
    expect((await call).header).toMatch(/^dropped=/);
  });

  test('by being longer than what it stands for leaves the history, and is not asked for again', async () => {
    const one = summarising(300, [summary('x'.repeat(400))]);
    await one.ask({ messages: talk(15) });
    await one.ask({ messages: talk(15) });
    expect([asked(one), one.told]).toEqual([
      ['mini 2', 'gpt-4o 30', 'gpt-4o 30'],
      Array(2).fill('oldest-first: 320 to 300, 2 dropped, 0 cleared, 0 summarised'),
    ]);
  });

  test('rests for a minute, for that conversation', async () => {
    const one = summarising(300, [error]);
    await one.ask({ messages: talk(15) });
    await one.ask({ messages: talk(16) });
    await one.clock.advance('59s');
    await one.ask({ messages: talk(16) });
    expect(asked(one).filter((line) => line.startsWith('mini')).length).toBe(1);
    await one.ask({
      messages: talk(15).map((message, index) => (index === 1 ? said('user', 'new') : message)),
    });
    await one.clock.advance('2s');
    await one.ask({ messages: talk(16) });
    expect(asked(one).filter((line) => line.startsWith('mini')).length).toBe(3);
  });
});

describe('a caller who leaves while a summary is made', () => {
  const hanging: ScriptedAnswer = () => new Promise(() => {});

  test('stops it, and nothing is sent', async () => {
    const controller = new AbortController();
    const one = summarising(300, [hanging]);
    const call = one.ask({ messages: talk(15) }, { signal: controller.signal });
    await one.clock.advance(1);
    controller.abort(new Error('gone'));
    expect((await call).error).toMatchObject({ message: 'gone' });
    expect([asked(one), one.clock.pending, one.told]).toEqual([['mini 2'], 0, []]);
  });

  test('does not take it from those who wait for the same: one of them asks', async () => {
    const controller = new AbortController();
    const one = summarising(300, [hanging, summary('Again.')]);
    const left = one.ask({ messages: talk(15) }, { signal: controller.signal });
    await one.clock.advance(1);
    const others = [1, 2].map(() => one.ask({ messages: talk(15) }));
    await one.clock.advance(1);
    controller.abort(new Error('gone'));
    expect((await left).error).toMatchObject({ message: 'gone' });
    expect((await Promise.all(others)).map(({ header }) => header?.split(', ')[2])).toEqual([
      'summarised=16',
      'summarised=16',
    ]);
    expect(asked(one)).toEqual(['mini 2', 'mini 2', 'gpt-4o 17', 'gpt-4o 17']);
  });

  test('may be one of those who wait', async () => {
    const controller = new AbortController();
    const answer: { give?: (value: object) => void } = {};
    const one = summarising(300, [() => new Promise<object>((resolve) => (answer.give = resolve))]);
    const first = one.ask({ messages: talk(15) });
    await one.clock.advance(1);
    const second = one.ask({ messages: talk(15) }, { signal: controller.signal });
    await one.clock.advance(1);
    controller.abort(new Error('gone'));
    expect((await second).error).toMatchObject({ message: 'gone' });
    answer.give?.(summary('Late.') as object);
    expect((await first).header).toMatch(/summarised=16/);
  });
});

test('a fault after a summary was made is not answered with the summary', async () => {
  let counts = 0;
  const breaks = {
    input: (call: { model: string | undefined; params: Params }) => {
      const { messages } = call.params as { messages: { content: string }[] };
      if (messages.some(({ content }) => content.startsWith(SUMMARY_HEADING)) && counts++ > 0)
        throw new Error('broken');
      return messages.reduce((sum, { content }) => sum + content.length, 0);
    },
    text: () => 0,
  };
  const options = {
    maxInputTokens: 300,
    strategy: 'summarise',
    summarise: { model: 'mini', maxOutputTokens: 50 },
  } as const;
  const one = bench(options, [summary('a summary'), { the: 'answer' }], { counter: breaks as never });
  expect((await one.ask({ messages: talk(15) })).text).toBe('{"the":"answer"}');
  expect(one.told).toEqual(['fault of trim, open: broken']);
});
