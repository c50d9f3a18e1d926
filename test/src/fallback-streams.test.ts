import { ReplyError } from '@interpose/core';
import { FallbackError, fallback } from '@interpose/fallback';
import { interpose } from '@interpose/openai';
import { fakeProvider, type FakeProvider, type ScriptedReply } from '@interpose/testing';
import { TimeoutError, timeout } from '@interpose/timeout';
import { APIError, OpenAI } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const MESSAGES = [{ role: 'user' as const, content: 'hello' }];
const STALL_MS = 250;

let primary: FakeProvider;
let backup: FakeProvider;

beforeAll(async () => {
  primary = await fakeProvider();
  // What it answers differs from the primary's in every word, so that a splice would show.
  backup = await fakeProvider({ replies: { text: 'Quite another answer altogether.' } });
});
afterAll(() => Promise.all([primary.close(), backup.close()]));

/** Each way of asking, as the texts of a stream's events: all that the caller ever sees of it. */
const WAYS = {
  chat: async (client: OpenAI, seen: string[]): Promise<void> => {
    const stream = await client.chat.completions.create({
      model: 'gpt-4o',
      messages: MESSAGES,
      stream: true,
    });
    for await (const chunk of stream) seen.push(chunk.choices[0]?.delta.content ?? '');
  },
  responses: async (client: OpenAI, seen: string[]): Promise<void> => {
    const stream = await client.responses.create({ model: 'gpt-4o', input: 'hello', stream: true });
    for await (const event of stream)
      seen.push(event.type === 'response.output_text.delta' ? event.delta : '');
  },
} as const;
type Way = keyof typeof WAYS;

type Fault = (afterEvents: number) => ScriptedReply;

const FAULTS: Readonly<Record<string, Fault>> = {
  close: (afterEvents) => ({ cut: { afterEvents, how: 'close' } }),
  reset: (afterEvents) => ({ cut: { afterEvents, how: 'reset' } }),
  // The comments keep the connection busy: it is content that is missed.
  stall: (afterEvents) => ({ stall: { afterEvents, keepAlive: 5 } }),
  'error event': (afterEvents) => ({
    errorInStream: { afterEvents, error: { message: 'x', type: 'server_error' } },
  }),
};

/** What the caller gets after the first content. */
const ENDS: Readonly<Record<string, string>> = {
  close: 'reply_network',
  reset: 'reply_network',
  stall: 'TimeoutError betweenContent',
  'error event': 'APIError',
};

function clientOf(path: 'fast' | 'plain'): OpenAI {
  const client = new OpenAI({ apiKey: 'test', baseURL: primary.baseURL });
  const stack = [
    fallback([{ name: 'backup', client: new OpenAI({ apiKey: 'other', baseURL: backup.baseURL }) }]),
    timeout({ firstContent: STALL_MS, betweenContent: STALL_MS }),
  ];
  return interpose(client, stack, { path });
}

async function seenOf(way: Way, client: OpenAI): Promise<{ seen: readonly string[]; error: unknown }> {
  const seen: string[] = [];
  try {
    await WAYS[way](client, seen);
    return { seen, error: undefined };
  } catch (error) {
    return { seen, error };
  }
}

/** What a caller sees of a stream of the primary that fails after so many events. */
async function told(
  way: Way,
  client: OpenAI,
  whole: readonly string[],
  other: readonly string[],
): Promise<string> {
  const { seen, error } = await seenOf(way, client);
  if (error === undefined)
    return JSON.stringify(seen) === JSON.stringify(other) ? "the backup's, whole" : partOf(seen, whole);
  return `${partOf(seen, whole)}, then ${nameOf(error)}`;
}

function nameOf(error: unknown): string {
  if (error instanceof TimeoutError) return `TimeoutError ${error.clock}`;
  if (error instanceof ReplyError) return error.code;
  return error instanceof APIError ? 'APIError' : String(error);
}

/** How much of the primary's answer was seen, and whether anything else was. */
function partOf(seen: readonly string[], whole: readonly string[]): string {
  const isPart = seen.every((text, at) => text === whole[at]);
  return isPart ? `${seen.length} of the primary's` : `SPLICED ${JSON.stringify(seen)}`;
}

describe.each(['fast', 'plain'] as const)('over HTTP, the %s way', (path) => {
  describe.each(['chat', 'responses'] as const)('a %s stream', (way) => {
    // The first content of a chat stream is its second event, that of a responses stream its fifth.
    const before = way === 'chat' ? 1 : 4;

    test.each(Object.keys(FAULTS))(
      "that fails by %s is the next target's, whole, or an error",
      async (name) => {
        const client = clientOf(path);
        primary.reset();
        const { seen: whole } = await seenOf(way, new OpenAI({ apiKey: 'test', baseURL: primary.baseURL }));
        const { seen: other } = await seenOf(way, new OpenAI({ apiKey: 'test', baseURL: backup.baseURL }));
        const lines: string[] = [];
        // One that stalls after its last event has said all, and ends whole some seconds later.
        const last = name === 'stall' ? whole.length - 1 : whole.length;
        for (let events = 0; events <= last; events++) {
          primary.script(FAULTS[name]?.(events) as ScriptedReply);
          lines.push(await told(way, client, whole, other));
        }
        const moved = "the backup's, whole";
        const broken = (seen: number): string => `${seen} of the primary's, then ${ENDS[name]}`;
        const expected = Array.from({ length: last + 1 }, (_, at) => (at <= before ? moved : broken(at)));
        expect(lines).toEqual(expected);
      },
      60_000,
    );
  });
});

test("when no target has a word, the caller gets a typed error of the client's own family", async () => {
  const cut: ScriptedReply = { cut: { afterEvents: 1 } };
  primary.reset();
  primary.script(cut);
  backup.script(cut);
  const { error } = await seenOf('chat', clientOf('fast'));
  expect(error).toBeInstanceOf(FallbackError);
  expect(error).toBeInstanceOf(OpenAI.APIConnectionError);
  expect(
    (error as FallbackError).failures.map(({ target, failure }) => `${target}: ${failure.kind}`),
  ).toEqual(['primary: network', 'backup: network']);
});
