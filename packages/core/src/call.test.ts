import { describe, expect, test } from 'vitest';
import { CHAT_URL, ask, callOf, chatInit, json, layerOver } from './core.test-support.ts';
import { contextKey } from './context.ts';
import { chat, embeddings, type Interceptor } from './index.ts';
import type { Call } from './call.ts';

const shown = (call: Call): string => {
  const { url, method, attempt, streamed, model } = call;
  const headers = [...call.headers].map((pair) => pair.join('=')).join('&');
  return [
    method,
    url,
    headers,
    JSON.stringify(call.params),
    JSON.stringify(call.tags),
    attempt,
    streamed,
    model,
  ].join(' ');
};

describe('a call', () => {
  test('is immutable: with() copies, and what is not named stays', () => {
    const key = contextKey('none');
    const call = callOf();
    const before = shown(call);
    const { signal } = new AbortController();
    const copy = call.with({
      params: { ...call.params, stream: true, model: 'other' },
      headers: { 'X-A': 'b' },
      url: 'https://other.example/v1/chat/completions',
      signal,
      tags: { tenant: 't' },
      context: [[key, 'set']],
      attempt: 2,
    });
    expect(shown(copy)).toBe(
      'POST https://other.example/v1/chat/completions content-type=application/json&x-a=b ' +
        '{"model":"other","messages":[{"role":"user","content":"hi"}],"stream":true} {"tenant":"t"} 2 true other',
    );
    expect([copy.signal === signal, copy.get(key), copy.id, copy.operation]).toEqual([
      true,
      'set',
      'call_1',
      chat,
    ]);
    expect([shown(call), call.get(key), call.signal === signal]).toEqual([before, 'none', false]);
    expect(call.with({})).not.toBe(call);
  });

  test('tells a stream from a plain call by its text as by its params', () => {
    const stream = (text: string): boolean => callOf({ body: text }).streamed;
    const bodies = [
      ['{"model":"a"}', false],
      ['{"stream":true}', true],
      ['{"stream" : false}', false],
      ['{"\\u0073tream":true}', true],
      ['{"messages":[{"content":"\\"stream\\":true"}]}', false],
      ['{"messages":[{"stream":true}]}', false],
      ['{"stream":true,"stream":false}', false],
      ['no JSON', false],
    ] as const;
    expect(bodies.map(([text]) => stream(text))).toEqual(bodies.map(([, streamed]) => streamed));
    expect(callOf({ body: '{}' }).with({ params: { stream: true } }).streamed).toBe(true);
  });

  test('shows the text of its body for as long as that is what is asked', () => {
    const call = callOf({ body: '{"model": "a"}' });
    expect([call.bodyText, call.with({ attempt: 2, headers: { a: 'b' } }).bodyText]).toEqual([
      '{"model": "a"}',
      '{"model": "a"}',
    ]);
    expect(call.with({ params: { model: 'a' } }).bodyText).toBeUndefined();
    expect(callOf({ body: new FormData() }).bodyText).toBeUndefined();
  });

  test('merges tags, headers and context over those there are; null removes a header', () => {
    const [one, two] = [contextKey(0), contextKey(0)];
    const call = callOf()
      .with({ tags: { a: '1', b: '1' }, headers: { 'x-a': '1', 'x-b': '1' }, context: [[one, 1]] })
      .with({
        tags: { b: '2' },
        headers: { 'X-B': '2', 'X-A': null, 'Content-Type': null },
        context: [[two, 2]],
      });
    expect([call.tags, [...call.headers], call.get(one), call.get(two)]).toEqual([
      { a: '1', b: '2' },
      [['x-b', '2']],
      1,
      2,
    ]);
  });

  test('keeps two keys of one description apart, and a value that is undefined', () => {
    const [one, two] = [contextKey<string | undefined>('default', 'k'), contextKey('default', 'k')];
    const call = callOf().with({ context: [[one, undefined]] });
    expect([call.get(one), call.get(two)]).toEqual([undefined, 'default']);
  });

  test('has one signal, also when the client gave none', () => {
    const call = callOf();
    expect([call.signal, call.signal.aborted]).toEqual([call.signal, false]);
    const { signal } = new AbortController();
    expect(callOf(chatInit({}, { signal })).signal).toBe(signal);
  });

  test('narrows to an operation', () => {
    const call: Call = callOf();
    expect([call.is(chat) && call.params.messages.length, call.is(embeddings)]).toEqual([1, false]);
  });
});

describe('params', () => {
  /** A body that counts how often it is read into params. */
  function counting(): FormData & { reads: number } {
    const form = Object.assign(new FormData(), { reads: 0 });
    const keys = form.keys.bind(form);
    form.keys = () => {
      form.reads++;
      return keys();
    };
    return form;
  }

  test('are read once, by the first of all copies that is asked', () => {
    const body = counting();
    const first = callOf(chatInit({}, { body }));
    const second = first.with({ tags: { a: 'b' } });
    const { params } = second;
    const others = [first.params, first.with({ attempt: 2 }).params, second.with({ headers: {} }).params];
    expect([others.every((each) => each === params), body.reads]).toEqual([true, 1]);
  });

  test('are not read when nobody asks, also not with a listener to all events', async () => {
    const through: Interceptor = (next) => (call) => next(call.with({ tags: { a: 'b' }, attempt: 2 }));
    const layer = layerOver(async () => json({}), [through]);
    layer.events.on('*', () => {});
    const body = counting();
    await (await ask(layer, { body })).text();
    expect(body.reads).toBe(0);
  });

  test.each([
    ['text', '{"a":1}', { a: 1 }],
    ['bytes', new TextEncoder().encode('{"a":"é"}'), { a: 'é' }],
    ['no JSON', '{"a":', {}],
    ['a list', '[1]', {}],
    ['null', 'null', {}],
    ['nothing', undefined, {}],
    ['a form for a URL', new URLSearchParams('a=1'), {}],
  ])('of a body of %s', (_, body, params) => {
    expect(callOf({ method: 'POST', ...(body !== undefined && { body }) }).params).toEqual(params);
  });

  test('of a form are its fields, with lists where a name comes twice', () => {
    const form = new FormData();
    form.append('model', 'whisper');
    form.append('file', new File(['abc'], 'a.wav'));
    form.append('timestamp_granularities[]', 'word');
    form.append('timestamp_granularities[]', 'segment');
    const { params } = callOf({ method: 'POST', body: form }, 'https://api.example/v1/audio/transcriptions');
    expect([params['model'], params['timestamp_granularities[]'], (params['file'] as File).name]).toEqual([
      'whisper',
      ['word', 'segment'],
      'a.wav',
    ]);
  });

  test('that an adapter has as an object are taken as they are', async () => {
    const params = { model: 'm' };
    const seen: unknown[] = [];
    const look: Interceptor = (next) => (call) => {
      seen.push(call.params, call.with({ attempt: 2 }).params);
      return next(call);
    };
    const layer = layerOver(async () => json({}), [look]);
    await layer.send(CHAT_URL, chatInit({}, { body: 'never parsed' }), { params });
    expect(seen.every((each) => each === params)).toBe(true);
  });
});
