import { FETCH, Failure, ReplyError, controlLayer, provide, refusalOf } from '@interpose/core';
import { fakeProvider, type ScriptedReply } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { CHAT_URL, answer, chatInit, delta, errorOf, networkError, stackOf } from './retry.test-support.ts';
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

type Fault = (count: number, recorded: readonly string[]) => ScriptedReply;

const FAULTS = {
  'a cut connection': (afterEvents) => ({ cut: { afterEvents, how: 'close' } }),
  'a reset connection': (afterEvents) => ({ cut: { afterEvents, how: 'reset' } }),
  'an orderly end that comes too early': (count, recorded) => ({
    events: recorded.slice(0, count).map((event) => JSON.parse(event.slice(event.indexOf('{')))),
    omitDone: true,
  }),
  'an error event': (afterEvents) => ({
    errorInStream: { afterEvents, error: { message: 'x', type: 'server_error' } },
  }),
} satisfies Readonly<Record<string, Fault>>;

/** What the caller sees of a stream that fails after so many events: all of another, or its part and how that ends. */
async function course(path: Path, fault: Fault): Promise<string> {
  const { text: whole } = await got(path, []);
  const recorded = eventsOf(whole);
  const lines: string[] = [];
  for (let count = 0; count <= recorded.length; count++) {
    if (recorded[count - 1] === 'data: [DONE]' && fault === FAULTS['an orderly end that comes too early'])
      break;
    const { requests, text, error } = await got(path, [fault(count, recorded)]);
    const events = eventsOf(text);
    const errors = /^event: error\n|^data: \{"error"/.test(events.at(-1) ?? '') ? events.splice(-1) : [];
    const same = events.every((event, at) => event === recorded[at]);
    const part = events.length === recorded.length ? 'whole' : `${events.length} events`;
    const end = errors.length > 0 ? 'error event' : told(error);
    lines.push(same ? `${count}: ${requests} request(s), ${part}, ${end}` : `${count}: spliced ${text}`);
  }
  return lines.join('\n');
}

function told(error: unknown): string {
  if (error === undefined) return 'end';
  return error instanceof ReplyError ? error.code : String(error);
}

describe('a chat stream is asked for again until its first content, and never after it', () => {
  // Its events: the role, four words, the finish reason, [DONE].
  test('when it breaks off', async () => {
    const broken = await course('/chat/completions', FAULTS['a cut connection']);
    expect(broken).toBe(await course('/chat/completions', FAULTS['a reset connection']));
    expect(broken).toBe(
      [
        '0: 2 request(s), whole, end',
        '1: 2 request(s), whole, end',
        '2: 1 request(s), 2 events, reply_network',
        '3: 1 request(s), 3 events, reply_network',
        '4: 1 request(s), 4 events, reply_network',
        '5: 1 request(s), 5 events, reply_network',
        '6: 1 request(s), 6 events, reply_network',
        '7: 1 request(s), whole, reply_network',
      ].join('\n'),
    );
  });

  test('when it ends too early', async () => {
    expect(await course('/chat/completions', FAULTS['an orderly end that comes too early'])).toBe(
      [
        '0: 2 request(s), whole, end',
        '1: 2 request(s), whole, end',
        '2: 1 request(s), 2 events, reply_truncated',
        '3: 1 request(s), 3 events, reply_truncated',
        '4: 1 request(s), 4 events, reply_truncated',
        '5: 1 request(s), 5 events, reply_truncated',
        // With a finish reason everything is said.
        '6: 1 request(s), 6 events, end',
      ].join('\n'),
    );
  });

  test('when it tells of an error', async () => {
    expect(await course('/chat/completions', FAULTS['an error event'])).toBe(
      [
        '0: 2 request(s), whole, end',
        '1: 2 request(s), whole, end',
        '2: 1 request(s), 2 events, error event',
        '3: 1 request(s), 3 events, error event',
        '4: 1 request(s), 4 events, error event',
        '5: 1 request(s), 5 events, error event',
        '6: 1 request(s), 6 events, error event',
        '7: 1 request(s), 6 events, error event',
      ].join('\n'),
    );
  });
});

describe('a responses stream is asked for again until its first content, and never after it', () => {
  // Its events: four that open it, four words, three that close its parts, and response.completed.
  const opened = [0, 1, 2, 3, 4].map((count) => `${count}: 2 request(s), whole, end`);
  const begun = [5, 6, 7, 8, 9, 10, 11];

  test.each([
    ['a cut connection', 'reply_network', '12: 1 request(s), whole, reply_network'],
    ['a reset connection', 'reply_network', '12: 1 request(s), whole, reply_network'],
    ['an orderly end that comes too early', 'reply_truncated', '12: 1 request(s), whole, end'],
    ['an error event', 'error event', '12: 1 request(s), whole, error event'],
  ] as const)('with %s', async (fault, end, last) => {
    expect(await course('/responses', FAULTS[fault])).toBe(
      [...opened, ...begun.map((count) => `${count}: 1 request(s), ${count} events, ${end}`), last].join(
        '\n',
      ),
    );
  });
});

describe('before its first content', () => {
  const opening = { choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] };

  test.each<[string, ScriptedReply]>([
    ['a stream that is empty', { events: [], omitDone: true }],
    ['a stream that is malformed', { malformed: 'json' }],
    ['a stream whose events run into each other', { malformed: 'sse', omitDone: true }],
    ['a stream of comments alone', { events: [], omitDone: true, keepAlive: 1 }],
    ['a stream that opens and ends', { events: [opening], omitDone: true }],
    ['a stream that is no stream but broken JSON', { body: '{"choices":[' }],
    ['a connection that is refused', { refuse: true }],
  ])('%s is asked for again, and the caller gets one whole answer', async (_, reply) => {
    const { text: whole } = await got('/chat/completions', []);
    expect(await got('/chat/completions', [reply])).toEqual({
      requests: 2,
      text: whole,
      error: undefined,
      refusal: undefined,
    });
  });

  test('a stream that fails at every attempt is an error of its own', async () => {
    const cut: ScriptedReply = { cut: { afterEvents: 1 } };
    const { requests, refusal } = await got('/chat/completions', [cut, cut, cut, cut, cut]);
    expect([requests, refusal]).toEqual([4, 'retries_exhausted']);
  });

  test.each([
    ['a malformed event', 'data: {"choices":[\n\n'],
    ['an error event', 'data: {"error":{"type":"server_error"}}\n\n'],
  ])('%s counts, also where content follows in the same chunk', async (_, broken) => {
    const content = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'x' } }] })}\n\n`;
    const { text: whole } = await got('/chat/completions', []);
    const headers = { 'content-type': 'text/event-stream' };
    const { requests, text } = await got('/chat/completions', [{ body: broken + content, headers }]);
    expect([requests, text]).toEqual([2, whole]);
  });

  test('an error for good is handed on as it came, with what came before it', async () => {
    const error = { message: 'x', type: 'insufficient_quota' };
    const { requests, text } = await got('/chat/completions', [{ errorInStream: { afterEvents: 1, error } }]);
    const [role, told, ...more] = eventsOf(text);
    expect([requests, role?.includes('"role":"assistant"'), told, more]).toEqual([
      1,
      true,
      'data: {"error":{"message":"x","type":"insufficient_quota","param":null,"code":null}}',
      [],
    ]);
  });
});

test.each([
  ['reply_timeout', networkError('UND_ERR_BODY_TIMEOUT')],
  ['reply_stalled', new Failure('stalled')],
  ['reply_network', networkError('UND_ERR_SOCKET')],
])('after its first content, a stream that breaks ends as %s', async (code, error) => {
  const { layer, handler } = stackOf([{ events: [delta('x')], error }, answer()]);
  const response = await layer.fetch(CHAT_URL, chatInit({ stream: true }));
  expect([told(await errorOf(response.text())), handler.calls.length]).toEqual([code, 1]);
});

test('events that nobody knows pass as they came, also those before the first content', async () => {
  const events = [{ a: 1 }, { type: 'future.event' }, { choices: [{ index: 0, delta: { content: 'x' } }] }];
  const wire: ScriptedReply = { events, lineEnding: '\r\n', chunkBytes: 3 };
  const { text, requests } = await got('/chat/completions', [wire]);
  expect([requests, text]).toEqual([
    1,
    [
      'data: {"a":1}',
      'event: future.event\r\ndata: {"type":"future.event"}',
      'data: {"choices":[{"index":0,"delta":{"content":"x"}}]}',
      'data: [DONE]',
      '',
    ].join('\r\n\r\n'),
  ]);
});
