import { getEventListeners } from 'node:events';
import { FETCH, RANDOM, controlLayer, provide } from '@interpose/core';
import { interpose } from '@interpose/openai';
import { retry } from '@interpose/retry';
import {
  cutAfter,
  fakeProvider,
  overloaded,
  rateLimited,
  recordEvents,
  stallAfter,
  type FakeProvider,
  type ScriptedReply,
} from '@interpose/testing';
import OpenAI, { APIUserAbortError } from 'openai';
import { describe, expect, test } from 'vitest';

const MESSAGES = [{ role: 'user' as const, content: 'hello' }];
const PARAMS = { model: 'gpt-5', messages: MESSAGES };

function clientOf({ baseURL }: FakeProvider): OpenAI {
  return interpose(new OpenAI({ baseURL, apiKey: 'test' }), [retry()]);
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

async function errorOf(work: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(work).then(
    () => undefined,
    (error: unknown) => error,
  );
}

interface Phase {
  readonly script: readonly ScriptedReply[];
  /** Whether the call is there. */
  readonly reached: (provider: FakeProvider, log: readonly string[]) => boolean;
  readonly log: readonly string[];
  readonly left: 'client-closed' | 'finished';
}

const PHASES: Readonly<Record<string, Phase>> = {
  'before the headers': {
    script: [{ latency: 600_000 }],
    reached: ({ requests }) => requests.length === 1,
    log: ['start', 'attempt 1', 'attempt-end 1 aborted', 'attempt-failed 1 aborted'],
    left: 'client-closed',
  },
  'before the first content': {
    script: [stallAfter(1)],
    reached: ({ requests }) => (requests[0]?.bytesSent ?? 0) > 0,
    log: ['start', 'attempt 1', 'attempt-end 1 aborted', 'attempt-failed 1 aborted'],
    left: 'client-closed',
  },
  'in the wait between two attempts': {
    script: [rateLimited({ retryAfter: 600 })],
    reached: (_, log) => log.at(-1)?.startsWith('wait') === true,
    log: [
      'start',
      'attempt 1',
      'attempt-end 1 failed',
      'attempt-failed 1 rate_limited retrying',
      'wait 600000 retry-after',
    ],
    left: 'finished',
  },
  'in the second attempt': {
    script: [{ refuse: true }, { latency: 600_000 }],
    reached: ({ requests }) => requests.length === 2,
    log: [
      'start',
      'attempt 1',
      'attempt-end 1 network',
      'attempt-failed 1 network retrying',
      'wait 0 backoff',
      'attempt 2',
      'attempt-end 2 aborted',
      'attempt-failed 2 aborted',
    ],
    left: 'client-closed',
  },
};

describe('an abort over real HTTP', () => {
  test.each(Object.entries(PHASES))(
    '%s rejects, reaches the provider, and ends the attempts',
    async (_, phase) => {
      await using provider = await fakeProvider({ script: phase.script });
      const layer = controlLayer([provide(RANDOM, { next: () => 0 }), retry({ maxRetryAfter: '1h' })]);
      const { lines } = recordEvents(layer);
      const client = interpose(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' }), layer);
      const controller = new AbortController();
      const { signal } = controller;
      const call = errorOf(client.chat.completions.create({ ...PARAMS, stream: true }, { signal }));
      await until(() => phase.reached(provider, lines));
      controller.abort();
      expect(await call).toBeInstanceOf(APIUserAbortError);
      await until(() => provider.requests.at(-1)?.status === phase.left);
      for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
      expect(lines.filter((line) => !line.startsWith('settle'))).toEqual(phase.log);
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    },
  );

  test('while a stream is read ends it as the client has it, and the provider is told', async () => {
    await using provider = await fakeProvider({ script: [stallAfter(3)] });
    const stream = await clientOf(provider).chat.completions.create({ ...PARAMS, stream: true });
    const words: string[] = [];
    for await (const { choices } of stream) {
      words.push(choices[0]?.delta.content ?? '');
      if (words.length === 3) stream.controller.abort();
    }
    await until(() => provider.requests[0]?.status === 'client-closed');
    expect([words, provider.requests.length]).toEqual([['', 'You', ' said'], 1]);
  });

  test('a reader who breaks off early closes the connection to the provider', async () => {
    await using provider = await fakeProvider({ replies: { drip: 1, text: 'word '.repeat(10_000) } });
    const stream = await clientOf(provider).chat.completions.create({ ...PARAMS, stream: true });
    for await (const _ of stream) break;
    await until(() => provider.requests[0]?.status === 'client-closed');
    expect(provider.requests.length).toBe(1);
  });
});

test('ten thousand calls of every ending leave no listener and no timer', async () => {
  const script = [
    {},
    overloaded(),
    cutAfter(1),
    { refuse: true },
    rateLimited({ retryAfterMs: 1 }),
    cutAfter(3),
  ];
  let request = 0;
  const provider = fakeProvider.inProcess({ replies: () => script[request++ % script.length] });
  const plugins = [provide(FETCH, provider.fetch), retry({ delay: () => 0, budget: false })];
  const client = interpose(new OpenAI({ apiKey: 'test', baseURL: provider.baseURL }), plugins);
  const { signal } = new AbortController();
  const timers = (): number => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;
  const before = timers();
  const one = async (number: number): Promise<unknown> => {
    const stream = number % 2 === 0;
    const reply = await client.chat.completions.create({ ...PARAMS, stream }, { signal });
    if (Symbol.asyncIterator in reply) for await (const _ of reply) if (number % 10 === 0) break;
    return undefined;
  };
  for (let batch = 0; batch < 100; batch++) {
    await Promise.all(Array.from({ length: 100 }, (_, number) => errorOf(one(number))));
  }
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  expect(provider.requests.length).toBeGreaterThan(10_000);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(timers()).toBeLessThanOrEqual(before);
});
