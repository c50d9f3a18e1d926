import { describe, expect, test } from 'vitest';
import { CHAT_URL, callOf, chatInit, json, layerOver } from './core.test-support.ts';
import type { CallChanges } from './call.ts';
import type { Fetch, Interceptor } from './index.ts';

type Sent = Parameters<Fetch>;

/** What reaches the transport of a call that a unit changes. */
async function sent(
  input: string | URL | Request,
  init?: RequestInit,
  ...changes: CallChanges[]
): Promise<Sent[]> {
  const requests: Sent[] = [];
  const change: Interceptor = (next) => async (call) => {
    for (const each of changes.slice(1)) await next(call.with(each));
    return next(changes[0] ? call.with(changes[0]) : call);
  };
  const transport: Fetch = async (...args) => {
    requests.push(args);
    // Consumes the body, as sending it does.
    if (args[0] instanceof Request && !args[1]?.body) await args[0].arrayBuffer();
    return json({});
  };
  await layerOver(transport, [change]).fetch(input, init);
  return requests;
}

/** As a client gives it, with options of its own beside the platform's. */
function asInit(init: object): RequestInit {
  return init;
}

/** A request in one line, whatever it is made of. */
async function line([input, init]: Sent): Promise<string> {
  const request = new Request(input, init);
  const headers = [...request.headers].map((pair) => pair.join('=')).join('&');
  return `${request.method} ${request.url} ${headers} ${await request.text()}`;
}

describe('what nobody changed', () => {
  test('is sent as the very objects that came', async () => {
    const init = chatInit({}, { headers: new Headers({ authorization: 'x' }) });
    const input = new URL(CHAT_URL);
    const [[gotInput, gotInit] = []] = await sent(input, init, { tags: { a: 'b' }, attempt: 1 });
    expect([gotInput === input, gotInit === init]).toEqual([true, true]);
  });

  test('stays the same object beside what was changed', async () => {
    const headers = new Headers({ 'content-type': 'application/json' });
    const init = { ...chatInit(), headers, dispatcher: 'mine', method: 'post' };
    const { signal } = new AbortController();
    const [[, got] = []] = await sent(CHAT_URL, asInit(init), { signal, url: `${CHAT_URL}?v=1` });
    expect(got).toEqual({ ...init, method: 'POST', signal });
    expect([got?.headers === headers, got?.body === init.body, got?.signal === signal]).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('is sent on when it is a form, a stream or bytes', async () => {
    for (const body of [new FormData(), new ReadableStream(), new Uint8Array([1, 255]), new Blob(['x'])]) {
      const [[, got] = []] = await sent(CHAT_URL, { method: 'POST', body }, { headers: { 'x-a': 'b' } });
      expect(got?.body).toBe(body);
    }
  });
});

describe('what was changed', () => {
  test('is sent in place of what came', async () => {
    const headers = { 'content-type': 'application/json', 'content-length': '999' };
    const call = callOf(chatInit({}, { headers })).with({
      params: { model: 'other' },
      headers: { 'x-a': 'b' },
      url: 'https://other.example/v1/chat/completions',
    });
    expect(await line(call.request())).toBe(
      'POST https://other.example/v1/chat/completions content-type=application/json&x-a=b {"model":"other"}',
    );
  });

  test('is counted for the provider as the official client does', async () => {
    const init = chatInit({}, { headers: { 'x-stainless-retry-count': '0' } });
    const requests = await sent(CHAT_URL, init, { attempt: 3 }, { attempt: 1 }, { attempt: 2 });
    expect(requests.map(([, got]) => new Headers(got?.headers).get('x-stainless-retry-count'))).toEqual([
      '0',
      '1',
      '2',
    ]);
  });

  test('of a form is a form again, with a boundary of its own', async () => {
    const form = new FormData();
    form.append('model', 'whisper');
    form.append('file', new File(['abc'], 'a.wav'));
    form.append('include[]', 'logprobs');
    const init = {
      method: 'POST',
      body: form,
      headers: { 'content-type': 'multipart/form-data; boundary=old' },
    };
    const params = {
      model: 'other',
      file: form.get('file'),
      'include[]': ['a', 'b'],
      gone: undefined,
      format: { x: 1 },
    };
    const [got] = await sent('https://api.example/v1/audio/transcriptions', init, { params });
    const fields = await new Request(...(got ?? [''])).formData();
    expect(
      [...fields].map(([name, value]) => `${name}=${typeof value === 'string' ? value : value.name}`),
    ).toEqual(['model=other', 'file=a.wav', 'include[]=a', 'include[]=b', 'format={"x":1}']);
  });
});

describe('a Request object', () => {
  const request = (init: RequestInit = {}): Request =>
    new Request(CHAT_URL, {
      ...chatInit(),
      headers: { 'content-type': 'application/json', 'x-a': 'b' },
      ...init,
    });

  test('is sent as that very object, and can be read all the same', async () => {
    const input = request();
    let model: unknown;
    const look: Interceptor = (next) => (call) => {
      model = call.model;
      return next(call.with({ signal: call.signal }));
    };
    let got: unknown;
    await layerOver(async (each) => ((got = each), json({})), [look]).fetch(input);
    expect([got === input, model]).toEqual([true, 'm']);
  });

  test('can be sent again, and changed', async () => {
    const { headers } = new Request(CHAT_URL, {
      headers: { 'content-type': 'application/json', 'x-c': 'd' },
    });
    const requests = await sent(
      request(),
      { headers },
      { attempt: 3 },
      {},
      {},
      { attempt: 2 },
      { params: { model: 'n' } },
    );
    const again = await Promise.all(requests.slice(1).map(line));
    const body = '{"model":"m","messages":[{"role":"user","content":"hi"}]}';
    expect(again).toEqual([
      `POST ${CHAT_URL} content-type=application/json&x-c=d ${body}`,
      `POST ${CHAT_URL} content-type=application/json&x-c=d&x-stainless-retry-count=1 ${body}`,
      `POST ${CHAT_URL} content-type=application/json&x-c=d {"model":"n"}`,
      `POST ${CHAT_URL} content-type=application/json&x-c=d&x-stainless-retry-count=2 ${body}`,
    ]);
  });

  test('keeps bytes that are no text, and its redirect mode', async () => {
    const bytes = new Uint8Array([0, 255, 254, 10]);
    const input = request({ body: bytes, redirect: 'error' });
    const [, [url, init] = ['']] = await sent(input, undefined, { attempt: 2 }, {});
    const again = new Request(url, init);
    expect([[...new Uint8Array(await again.arrayBuffer())], again.redirect]).toEqual([[...bytes], 'error']);
  });

  test('brings its own signal', async () => {
    const controller = new AbortController();
    const input = request({ signal: controller.signal });
    controller.abort(new Error('gone'));
    await expect(sent(input)).rejects.toThrow('gone');
  });
});

test('a field that is added is sent, whatever it is called', async () => {
  const params = { model: 'm', messages: [], toString: 'added', constructor: 1 };
  const look: Interceptor = (next) => (call) => {
    // Parsed, so that what the body holds is known.
    void call.params;
    return next(call.with({ params }));
  };
  let sent: unknown;
  const transport: Fetch = async (_input, init) => {
    sent = init?.body;
    return json({});
  };
  await layerOver(transport, [look]).fetch(CHAT_URL, { method: 'POST', body: '{"model":"m"}' });
  expect(sent).toBe(JSON.stringify(params));
});
