import { getEventListeners } from 'node:events';
import { ReplyError, type FailureKind } from '@interpose/core';
import { interpose } from '@interpose/openai';
import { retry } from '@interpose/retry';
import { fakeProvider, stallAfter, type FakeProvider, type ScriptedReply } from '@interpose/testing';
import { TimeoutError, deadline, timeout, type TimeoutOptions } from '@interpose/timeout';
import { transport } from '@interpose/transport';
import OpenAI, { APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import { describe, expect, test } from 'vitest';
import { until } from './openai-rig.test-support.ts';

const PARAMS = { model: 'gpt-5', messages: [{ role: 'user' as const, content: 'hello' }] };
const WHOLE = 'You said: hello';
// Long enough for an event that is under way on a machine that is busy.
const CLOCKS = { firstContent: '150ms', betweenContent: '150ms' } as const;

function clientOf({ baseURL }: FakeProvider, options: TimeoutOptions = CLOCKS): OpenAI {
  const bare = new OpenAI({ baseURL, apiKey: 'test' });
  return interpose(bare, [retry({ delay: () => 0, budget: false }), timeout(options), transport()]);
}

/** How each operation streams, and of its events the number of the first content and of the one that makes it whole. */
const OPERATIONS = {
  chat: {
    first: 2,
    whole: 6,
    async *read(client: OpenAI) {
      const stream = await client.chat.completions.create({ ...PARAMS, stream: true });
      for await (const { choices } of stream) yield choices[0]?.delta.content ?? '';
    },
  },
  responses: {
    first: 5,
    whole: 12,
    async *read(client: OpenAI) {
      const stream = await client.responses.create({ model: 'gpt-5', input: 'hello', stream: true });
      for await (const event of stream) yield event.type === 'response.output_text.delta' ? event.delta : '';
    },
  },
} as const;

const FAULTS: Readonly<Record<string, (afterEvents: number) => ScriptedReply>> = {
  close: (afterEvents) => ({ cut: { afterEvents } }),
  reset: (afterEvents) => ({ cut: { afterEvents, how: 'reset' } }),
  // Kept alive, for whoever counts bytes.
  stall: (afterEvents) => stallAfter(afterEvents, 10),
  error: (afterEvents) => ({
    errorInStream: { afterEvents, error: { type: 'server_error', code: 'server_error', message: 'oops' } },
  }),
};

/** Reads a stream: its text, how it ended, and how many requests there were for it. */
async function ended(provider: FakeProvider, read: AsyncIterable<string>): Promise<string> {
  let text = '';
  let end = 'whole';
  try {
    for await (const piece of read) text += piece;
  } catch (error) {
    const known = error instanceof TimeoutError || error instanceof ReplyError || error instanceof APIError;
    end = known ? kindOf(error) : `untyped ${String(error)}`;
  }
  return `"${text}" ${end}, ${provider.requests.length}`;
}

function kindOf(error: APIError | ReplyError | TimeoutError): string {
  const { name, failure } = error as Error & { failure?: { kind: FailureKind } };
  return failure ? `${name} ${failure.kind}` : 'APIError';
}

const AFTERWARDS: Readonly<Record<string, string>> = {
  // Of a chunked body, which has an end of its own.
  close: 'ReplyError network',
  reset: 'ReplyError network',
  stall: 'TimeoutError stalled',
  error: 'APIError',
};

describe.each(Object.entries(OPERATIONS))(
  'a stream of %s that fails after any of its events',
  (_, operation) => {
    test.each(Object.entries(FAULTS))('by %s', async (fault, failing) => {
      const log: string[] = [];
      const expected: string[] = [];
      for (let events = 0; events < operation.whole; events++) {
        await using provider = await fakeProvider({ script: [failing(events)] });
        log.push(await ended(provider, operation.read(clientOf(provider))));
        // Before the first content: the whole of the next answer. After it: what came, and no word of another.
        const text = ['You', ' said', ':', ' hello']
          .slice(0, Math.max(0, events - operation.first + 1))
          .join('');
        expected.push(events < operation.first ? `"${WHOLE}" whole, 2` : `"${text}" ${AFTERWARDS[fault]}, 1`);
      }
      expect(log).toEqual(expected);
    });
  },
);

describe('a stalled stream that is kept alive', () => {
  test('is found, its connection is closed, and the client gets one of its own errors', async () => {
    await using provider = await fakeProvider({ script: [stallAfter(3, 5)] });
    const stream = await clientOf(provider).chat.completions.create({ ...PARAMS, stream: true });
    const error = await (async () => {
      for await (const _ of stream);
    })().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toBeInstanceOf(APIConnectionTimeoutError);
    expect(error).not.toBeInstanceOf(APIUserAbortError);
    expect(error).toMatchObject({ code: 'content_stalled', clock: 'betweenContent', receivedCharacters: 8 });
    await until(() => provider.requests[0]?.status === 'client-closed');
  });

  test('is an error of the helpers, too', async () => {
    await using provider = await fakeProvider({ script: [stallAfter(3, 5), stallAfter(6, 5)] });
    const client = clientOf(provider);
    const chat = (): Promise<unknown> => client.chat.completions.stream(PARAMS).finalChatCompletion();
    const responses = (): Promise<unknown> =>
      client.responses.stream({ model: 'gpt-5', input: 'hello' }).finalResponse();
    for (const work of [chat, responses]) {
      const error = await work().catch((thrown: unknown) => thrown);
      expect([(error as Error).name, error instanceof APIUserAbortError]).toEqual(['TimeoutError', false]);
    }
  });
});

describe('a plain call', () => {
  test.each([
    ['headers that do not come', { latency: 600_000 }],
    ['a body that does not come', { stall: { atByte: 5 } }],
  ] as const)('with %s is asked for again', async (_, reply) => {
    await using provider = await fakeProvider({ script: [reply] });
    const { choices } = await clientOf(provider, { attempt: '150ms' }).chat.completions.create(PARAMS);
    expect([choices[0]?.message.content, provider.requests.length]).toEqual([WHOLE, 2]);
    await until(() => provider.requests[0]?.status === 'client-closed');
  });

  test('is ended by its deadline in its body, and the connection with it', async () => {
    await using provider = await fakeProvider({ replies: { stall: { atByte: 5 } } });
    const client = interpose(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' }), [deadline('100ms')]);
    const error = await client.chat.completions.create(PARAMS).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'TimeoutError', code: 'deadline_exceeded', answered: true });
    await until(() => provider.requests[0]?.status === 'client-closed');
  });
});

describe('an abort of the caller', () => {
  const PHASES: Readonly<Record<string, ScriptedReply>> = {
    'before the headers': { latency: 600_000 },
    'before the first content': stallAfter(1, 5),
    'in the middle of a stream': stallAfter(3, 5),
  };

  test.each(Object.entries(PHASES))('%s is an abort, and leaves nothing', async (phase, reply) => {
    await using provider = await fakeProvider({ script: [reply] });
    const bare = new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' });
    const all = { attempt: '1h', headers: '1h', firstContent: '1h', betweenContent: '1h' } as const;
    const client = interpose(bare, [deadline('1h'), retry(), timeout(all)]);
    const controller = new AbortController();
    const { signal } = controller;
    let read = 0;
    const work = (async () => {
      const stream = await client.chat.completions.create({ ...PARAMS, stream: true }, { signal });
      for await (const _ of stream) read++;
      return 'quiet';
    })().catch((error: unknown) => (error as Error).constructor.name);
    const inStream = phase === 'in the middle of a stream';
    await until(() => (inStream ? read === 3 : provider.requests.length === 1));
    const timers = (): number => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;
    const before = timers();
    controller.abort();
    // The client ends a stream that it has begun to hand out without an error.
    expect(await work).toBe(inStream ? 'quiet' : 'APIUserAbortError');
    await until(() => provider.requests[0]?.status === 'client-closed');
    expect([getEventListeners(signal, 'abort').length, provider.requests.length]).toEqual([0, 1]);
    expect(timers()).toBeLessThan(before);
  });
});
