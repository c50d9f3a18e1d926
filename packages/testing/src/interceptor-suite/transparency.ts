import { deepStrictEqual, fail } from 'node:assert';
import { TAG_HEADER_PREFIX, findOperation, SseDecoder, type Fetch } from '@interpose/core';
import { fakeProvider } from '../fake-provider/fake-provider.ts';
import type { ScriptedReply } from '../fake-provider/scripted-reply.ts';
import { rateLimited, serverError, unauthorized, contextLengthExceeded } from '../fake-provider/shapes.ts';
import { rig, type RigRequest } from './rig.ts';
import { NOTHING, type Rule, type Subject } from './subject.ts';
import { within } from './within.ts';

const MESSAGES = [{ role: 'user', content: 'grüße 🎈, "quoted"' }];

const PLAIN: readonly RigRequest[] = [
  { params: { messages: MESSAGES, unknown_field: { kept: true } } },
  { path: '/responses', params: { model: 'gpt-5', input: 'hello' } },
  { path: '/embeddings', params: { model: 'text-embedding-3-small', input: ['hello', 'world'] } },
  { path: '/audio/speech', params: { model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'hello' } },
];

const STREAMED: readonly RigRequest[] = [
  { params: { messages: MESSAGES, stream: true, stream_options: { include_usage: true } } },
  { path: '/responses', params: { model: 'gpt-5', input: 'hello', stream: true } },
];

/** The rules on what an interceptor with nothing to do changes: nothing. */
export const transparency: readonly Rule[] = [
  ['passes plain replies on as they are', (subject) => unchanged(subject, PLAIN, [{}])],
  [
    'passes streams on as they are',
    // Also with bytes that are cut in the middle of a character, and with events that nobody knows.
    (subject) => unchanged(subject, STREAMED, [{}, { lineEnding: '\r\n', chunkBytes: 7 }, ODD]),
  ],
  [
    'passes error replies on as they are',
    (subject) =>
      unchanged(
        subject,
        [...PLAIN.slice(0, 1), ...STREAMED],
        [contextLengthExceeded(), unauthorized(), rateLimited({ retryAfterMs: 5 }), serverError()],
      ),
  ],
  ['sends each request as the caller gave it', sameRequest],
];

const ODD: ScriptedReply = {
  events: [
    { type: 'future.event', data: 1 },
    { choices: [{ index: 0, delta: { content: 'x' }, finish_reason: 'stop' }], unknown: ['kept'] },
    // Whole to either operation: one that is cut may end with an error.
    { type: 'response.completed', response: { id: 'resp_1', status: 'completed', output: [], unknown: 1 } },
  ],
};

async function unchanged(
  subject: Subject,
  requests: readonly RigRequest[],
  replies: readonly ScriptedReply[],
): Promise<void> {
  for (const request of requests) {
    for (const reply of replies) {
      const bare = await seen(NOTHING, request, reply, subject.holdsBackText);
      const through = await seen(subject, request, reply, subject.holdsBackText);
      equal(
        through,
        bare,
        `The reply to ${nameOf(request)} is not what it is without the interceptor. Return the reply that next(call) gave; ` +
          'to look at it use reply.tap() or reply.outcome, to rewrite its text use reply.mapText().',
      );
    }
  }
}

async function seen(
  subject: Subject,
  request: RigRequest,
  reply: ScriptedReply,
  bySense: boolean,
): Promise<unknown> {
  const provider = fakeProvider.inProcess({ script: [reply] });
  using one = rig(subject, provider.fetch);
  const response = await within(
    one.call(request),
    `${nameOf(request)} got no reply. Is the promise of next(call) returned?`,
  );
  const bytes = await within(
    response.arrayBuffer(),
    `The body of the reply to ${nameOf(request)} never ends. Does something read it without passing it on?`,
  );
  const headers = new Headers(response.headers);
  // What a layer adds where a unit gave up and shows the provider's reply, and what units say of their own.
  headers.delete('x-should-retry');
  for (const name of response.headers.keys()) if (name.startsWith(TAG_HEADER_PREFIX)) headers.delete(name);
  if (bySense) headers.delete('content-length');
  const { status, statusText, ok } = response;
  const streamed = headers.get('content-type')?.includes('event-stream') === true;
  return {
    status,
    statusText,
    ok,
    headers: Object.fromEntries(headers),
    body:
      bySense && streamed ? senseOf(request, new Uint8Array(bytes)) : Buffer.from(bytes).toString('latin1'),
  };
}

/** What a stream says, however that is divided among its events. */
function senseOf({ path = '/chat/completions' }: RigRequest, bytes: Uint8Array): unknown {
  const decoder = new SseDecoder();
  const events = [...decoder.push(bytes), ...decoder.end()];
  const json = events.filter((event) => !event.done).map((event) => event.json);
  return findOperation('POST', `/v1${path}`).assemble(json) ?? json;
}

async function sameRequest(subject: Subject): Promise<void> {
  for (const request of [...PLAIN, ...STREAMED]) {
    const given = { ...request, headers: { 'x-of-the-caller': 'kept', 'idempotency-key': 'k-1' } };
    const bare = await sent(NOTHING, given, true);
    const through = await sent(subject, given, true);
    equal(
      through,
      bare,
      `The request of ${nameOf(request)} is not what the caller gave. With nothing to do, hand the very call to next(); ` +
        'to change one, use next(call.with({ ... })), and only where there is something to change.',
    );
  }
  const requests = await sent(subject, { params: {} }, false);
  if (requests.length === 2 || (subject.answersItself && requests.length === 1)) return;
  fail(
    `Two calls made ${requests.length} requests. Call next(call) once for each call.` +
      (requests.length < 2
        ? ' If the interceptor answers calls itself, say so: { answersItself: true }.'
        : ''),
  );
}

/** What reaches the provider of one call, or of two that are the same. */
async function sent(subject: Subject, request: RigRequest, once: boolean): Promise<unknown[]> {
  const requests: unknown[] = [];
  const provider = fakeProvider.inProcess();
  const record: Fetch = (input, init) => {
    const { url, method, headers } =
      input instanceof Request ? input : { url: String(input), method: init?.method, headers: undefined };
    const all = new Headers(init?.headers ?? headers);
    // Others may be added: a trace's, for one. Those of the caller stay.
    const kept = ['authorization', 'content-type', 'x-of-the-caller', 'idempotency-key'].map((name) =>
      all.get(name),
    );
    requests.push({ url, method: init?.method ?? method, headers: kept, body: init?.body });
    return provider.fetch(input, init);
  };
  using one = rig(subject, record);
  for (let call = once ? 1 : 0; call < 2; call++) {
    const response = await within(one.call(request), `${nameOf(request)} got no reply.`);
    await response.text();
  }
  return requests;
}

function nameOf({ path = '/chat/completions', params }: RigRequest): string {
  return `a ${params?.['stream'] === true ? 'streamed' : 'plain'} call to ${path}`;
}

function equal(actual: unknown, expected: unknown, message: string): void {
  try {
    deepStrictEqual(actual, expected);
  } catch (error) {
    fail(`${message}\n${(error as Error).message}`);
  }
}
