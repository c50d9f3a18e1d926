import { FETCH, ReplyError, controlLayer, provide, refusalOf } from '@interpose/core';
import { fakeProvider, type ScriptedReply } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { retry } from './index.ts';

const PARAMS = {
  '/chat/completions': { messages: [{ role: 'user', content: 'hello' }] },
  '/responses': { input: 'hello' },
};
type Path = keyof typeof PARAMS;

/** What a caller got of a streamed call to a provider that plays `script` and then answers as always. */
async function got(
  path: Path,
  script: readonly ScriptedReply[],
): Promise<{ requests: number; text: string; error: unknown; refusal: string | undefined }> {
  const provider = fakeProvider.inProcess({ script });
  const layer = controlLayer([provide(FETCH, provider.fetch), retry({ delay: () => 0 })]);
  const response = await layer.fetch(`${provider.baseURL}${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer test' },
    body: JSON.stringify({ model: 'gpt-5', stream: true, ...PARAMS[path] }),
  });
  let text = '';
  let error: unknown;
  try {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
  } catch (thrown) {
    error = thrown;
  }
  return { requests: provider.requests.length, text, error, refusal: refusalOf(response.headers)?.code };
}

const eventsOf = (text: string): string[] => text.split('\n\n').filter((event) => event !== '');
const errorInStream = (afterEvents: number): ScriptedReply => ({
  errorInStream: { afterEvents, error: { message: 'x', type: 'server_error' } },
});

const FAULTS: Readonly<Record<string, (afterEvents: number) => ScriptedReply>> = {
  close: (afterEvents) => ({ cut: { afterEvents, how: 'close' } }),
  reset: (afterEvents) => ({ cut: { afterEvents, how: 'reset' } }),
  'error event': errorInStream,
};

/** What the caller sees of a stream that fails after so many events: all of another, or the part and an error. */
async function course(path: Path, fault: (afterEvents: number) => ScriptedReply): Promise<string[]> {
  const { text: whole } = await got(path, []);
  const lines: string[] = [];
  for (let count = 0; count <= eventsOf(whole).length; count++) {
    const { requests, text, error } = await got(path, [fault(count)]);
    const events = eventsOf(text);
    if (text === whole) lines.push(`whole, of request ${requests}`);
    else if (whole.startsWith(text)) lines.push(`${events.length} events, ${told(error)}, ${requests} request`);
    else if (events.slice(0, -1).every((event, at) => event === eventsOf(whole)[at]) && /"error"/.test(events.at(-1) ?? '')) {
      lines.push(`${events.length - 1} events, the error event, ${told(error)}, ${requests} request`);
    } else lines.push(`something else: ${text}`);
  }
  return lines;
}

function told(error: unknown): string {
  if (error === undefined) return 'no error';
  return error instanceof ReplyError ? `${error.name} ${error.code}` : String(error);
}

describe('a chat stream that fails at any of its events', () => {
  // The events: the role, four words, the finish reason, [DONE].
  test.each([
    ['close', 'ReplyError reply_truncated'],
    ['reset', 'ReplyError reply_network'],
  ])('by %s is asked for again before its first content, and an error after it', async (how, error) => {
    expect(await course('/chat/completions', FAULTS[how]!)).toEqual([
      'whole, of request 2',
      'whole, of request 2',
      `2 events, ${error}, 1 request`,
      `3 events, ${error}, 1 request`,
      `4 events, ${error}, 1 request`,
      `5 events, ${error}, 1 request`,
      // With its finish reason it is whole; a connection that is reset then has still failed.
      how === 'close' ? '6 events, no error, 1 request' : `6 events, ${error}, 1 request`,
      how === 'close' ? 'whole, of request 1' : 'whole, of request 1',
    ]);
  });

  test('by an error event is asked for again before its first content, and left as it is after it', async () => {
    expect(await course('/chat/completions', errorInStream)).toEqual([]);
  });
});

describe('a responses stream that fails at any of its events', () => {
  test.each(Object.keys(FAULTS))('by %s is asked for again before its first content, and an error after it', async (how) => {
    expect(await course('/responses', FAULTS[how]!)).toEqual([]);
  });
});
