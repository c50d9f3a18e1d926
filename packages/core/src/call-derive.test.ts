import { expect, test } from 'vitest';
import { CHAT_URL, chatInit, json } from './core.test-support.ts';
import {
  FETCH,
  contextKey,
  controlLayer,
  embeddings,
  provide,
  tagHeaders,
  type Call,
  type Fetch,
  type Interceptor,
} from './index.ts';

const URL_BESIDE = 'https://api.example/v1/embeddings';
const PARAMS = { model: 'small', input: 'hi' };

/** Makes a chat call of which a unit derives another one, and gives both, and what was sent. */
async function derived(
  input: string | Request,
  init: RequestInit = {},
): Promise<{ call: Call; beside: Call; sent: Parameters<Fetch>[] }> {
  const sent: Parameters<Fetch>[] = [];
  const calls: Call[] = [];
  const derive: Interceptor = (next) => async (call) => {
    const beside = call
      .with({ context: [[NOTE, 'kept']], headers: { 'x-late': '1' } })
      .derive({ operation: embeddings, url: URL_BESIDE, params: PARAMS });
    calls.push(call, beside as never);
    await (await next(beside as never)).json();
    return next(call);
  };
  const network: Fetch = async (...args) => {
    sent.push(args);
    return json({ data: [] });
  };
  await controlLayer([provide(FETCH, network), derive]).fetch(input, init);
  const [call, beside] = calls as [Call, Call];
  return { call, beside, sent };
}

/** As a client gives it, with options of its own beside the platform's. */
function asInit(init: object): RequestInit {
  return init;
}

const NOTE = contextKey('', 'note');

test('a derived call is told from the one that it was derived from, and so are its copies', async () => {
  const { call, beside } = await derived(CHAT_URL, chatInit());
  expect(
    [call, call.with({ attempt: 2 }), beside, beside.with({ attempt: 2 })].map((one) => one.derived),
  ).toEqual([false, false, true, true]);
  expect([call.with({ attempt: 2 }).copies(call), beside.copies(call)]).toEqual([true, false]);
});

test('a derived call has the credentials, tags and context of the call, and a body of its own', async () => {
  const init = {
    ...chatInit(),
    headers: {
      authorization: 'Bearer key',
      'content-type': 'application/json',
      'content-length': '80',
      'idempotency-key': 'once',
      'x-stainless-retry-count': '2',
      ...tagHeaders({ tenant: 'a' }),
    },
    dispatcher: 'a proxy of theirs',
  };
  const { call, beside, sent } = await derived(CHAT_URL, asInit(init));
  const [input, request] = sent[0] ?? [];
  expect([input, request?.method, request?.body]).toEqual([URL_BESIDE, 'POST', JSON.stringify(PARAMS)]);
  expect(Object.fromEntries(request?.headers as Headers)).toEqual({
    accept: 'application/json',
    authorization: 'Bearer key',
    'content-type': 'application/json',
    'x-late': '1',
  });
  expect(request).toHaveProperty('dispatcher', 'a proxy of theirs');
  expect([beside.operation.name, beside.model, beside.attempt]).toEqual(['embeddings', 'small', 1]);
  expect([beside.tags, beside.get(NOTE), beside.id]).toEqual([call.tags, 'kept', `${call.id}-embeddings`]);
  expect(beside.params).toBe(PARAMS);
});

test('the call itself is sent as it came', async () => {
  const init = chatInit();
  const { sent } = await derived(CHAT_URL, init);
  expect(sent[1]?.[1]).toBe(init);
});

test('a derived call ends with the signal of the call, or with its own', async () => {
  const { signal } = new AbortController();
  const { call, beside, sent } = await derived(CHAT_URL, chatInit({}, { signal }));
  expect([beside.signal === signal, sent[0]?.[1]?.signal === signal]).toEqual([true, true]);
  const own = AbortSignal.abort();
  const other = call.derive({ operation: embeddings, url: URL_BESIDE, params: PARAMS, signal: own });
  expect([other.signal === own, other.request()[1].signal === own]).toEqual([true, true]);
});

test('a derived call can be made of a call that came as a request object', async () => {
  const request = new Request(CHAT_URL, chatInit({}, { headers: { authorization: 'Bearer key' } }));
  const { sent } = await derived(request);
  const headers = new Headers(sent[0]?.[1]?.headers);
  expect([sent[0]?.[0], headers.get('authorization')]).toEqual([URL_BESIDE, 'Bearer key']);
});
