import { InterposeError } from '@interpose/core';
import type { ScriptedAnswer } from '@interpose/testing';
import { describe, expect, test, vi } from 'vitest';
import { answer, events, gate, paced, shown, stackOf, told } from './cache.test-support.ts';

/** A plain answer that comes when it is told to. */
function later(result: object = answer()): { answer: ScriptedAnswer; open: () => void } {
  const { opened, open } = gate();
  return { open, answer: () => opened.then(() => result) };
}

const many = (count: number): null[] => Array.from({ length: count }, () => null);

describe('identical calls in flight', () => {
  test('a thousand plain ones cost one', async () => {
    const { answer: held, open } = later();
    const { ask, handler } = stackOf([held]);
    const all = many(1000).map(() => told(ask()));
    await vi.waitFor(() => expect(handler.calls).toHaveLength(1));
    open();
    const [first, ...others] = await Promise.all(all);
    expect(first).toBe('200 miss: hello back');
    expect(new Set(others)).toEqual(new Set(['200 coalesced 0: hello back']));
    expect(handler.calls).toHaveLength(1);
  });

  test('a thousand streams cost one, and each gets all of it', async () => {
    const { answer: held, release } = paced();
    const { ask, handler } = stackOf([held]);
    const all = many(1000).map(() => told(ask({ stream: true })));
    release();
    expect(new Set(await Promise.all(all))).toEqual(
      new Set(['200 miss: hello back [DONE]', '200 coalesced: hello back [DONE]']),
    );
    expect(handler.calls).toHaveLength(1);
  });

  test('plain and streamed ones share as well', async () => {
    const { answer: held, release } = paced();
    const streamed = stackOf([held]);
    const both = [told(streamed.ask({ stream: true })), told(streamed.ask())];
    release();
    expect(await Promise.all(both)).toEqual(['200 miss: hello back [DONE]', '200 coalesced 0: hello back']);

    const { answer: whole, open } = later();
    const plain = stackOf([whole]);
    const others = [told(plain.ask()), told(plain.ask({ stream: true }))];
    open();
    expect(await Promise.all(others)).toEqual(['200 miss: hello back', '200 coalesced 0: hello back [DONE]']);
    expect([streamed.handler.calls.length, plain.handler.calls.length]).toEqual([1, 1]);
  });

  test('who comes in the middle of a stream gets its beginning as well', async () => {
    const { answer: held, release } = paced();
    const { ask, handler } = stackOf([held]);
    const response = await ask({ stream: true });
    const reader = response.body?.getReader();
    release(1);
    await reader?.read();
    const late = told(ask({ stream: true }));
    release();
    expect(await late).toBe('200 coalesced: hello back [DONE]');
    expect(handler.calls).toHaveLength(1);
    await reader?.cancel();
  });

  test('other params are other calls', async () => {
    const { ask, handler } = stackOf([answer('one'), answer('two')]);
    expect(await Promise.all([told(ask()), told(ask({ seed: 1 }))])).toEqual([
      '200 miss: one',
      '200 miss: two',
    ]);
    expect(handler.calls).toHaveLength(2);
  });
});

describe('each at its own pace', () => {
  test('a reader who stands still holds nobody up, and the one who is ahead pulls no more than it reads', async () => {
    const stream = paced();
    const { ask } = stackOf([stream.answer]);
    const still = await ask({ stream: true });
    const reader = (await ask({ stream: true })).body?.getReader();
    stream.release();
    await reader?.read();
    expect(stream.pulled).toBeLessThanOrEqual(2);
    let read = await reader?.read();
    while (read && !read.done) read = await reader?.read();
    expect(await told(still)).toBe('200 miss: hello back [DONE]');
  });

  test('what is too large to keep is read along, from the beginning only by those who were there', async () => {
    const long = events('a '.repeat(100));
    const first = paced(long);
    const second = paced(long);
    const { ask, handler, log } = stackOf([first.answer, second.answer], { maxEntryBytes: 2000 });
    const both = [told(ask({ stream: true })), told(ask({ stream: true }))];
    first.release();
    second.release();
    const text = `${'a '.repeat(100)} [DONE]`;
    expect(await Promise.all(both)).toEqual([`200 miss: ${text}`, `200 coalesced: ${text}`]);
    expect(await told(ask({ stream: true }))).toBe(`200 miss: ${text}`);
    expect(handler.calls).toHaveLength(2);
    expect(log.filter((line) => line.startsWith('cache.s'))).toEqual([
      'cache.skip {"reason":"too_large"}',
      'cache.skip {"reason":"too_large"}',
    ]);
  });

  test('one who falls behind further than may be kept is told so, and nobody else', async () => {
    const stream = paced(events('a '.repeat(100)));
    const { ask } = stackOf([stream.answer], { maxEntryBytes: 2000 });
    const still = await ask({ stream: true });
    const other = told(ask({ stream: true }));
    stream.release();
    expect(await other).toBe(`200 coalesced: ${'a '.repeat(100)} [DONE]`);
    await expect(still.text()).rejects.toMatchObject({ code: 'cache_reader_lagged', maxBytes: 2000 });
  });
});

describe('a caller who leaves', () => {
  test('before the answer harms nobody else', async () => {
    const { answer: held, open } = later();
    const { ask, handler } = stackOf([held]);
    const leaving = new AbortController();
    const first = ask({}, { signal: leaving.signal });
    const other = told(ask());
    await vi.waitFor(() => expect(handler.calls).toHaveLength(1));
    leaving.abort(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    open();
    expect(await other).toBe('200 coalesced 0: hello back');
    expect(handler.calls).toHaveLength(1);
  });

  test('in the middle of a stream harms nobody else', async () => {
    const stream = paced();
    const { ask, handler } = stackOf([stream.answer]);
    const leaving = new AbortController();
    const first = await ask({ stream: true }, { signal: leaving.signal });
    const other = told(ask({ stream: true }));
    const reader = first.body?.getReader();
    stream.release(1);
    await reader?.read();
    leaving.abort(new Error('gone'));
    await expect(reader?.read()).rejects.toThrow('gone');
    stream.release();
    expect(await other).toBe('200 coalesced: hello back [DONE]');
    expect(handler.calls).toHaveLength(1);
  });

  test('as the last one stops the provider', async () => {
    const plain = later();
    const waiting = stackOf([plain.answer]);
    const leaving = new AbortController();
    const asked = waiting.ask({}, { signal: leaving.signal });
    await vi.waitFor(() => expect(waiting.handler.calls).toHaveLength(1));
    leaving.abort(new Error('gone'));
    await expect(asked).rejects.toThrow('gone');
    expect(waiting.handler.calls[0]?.signal.aborted).toBe(true);

    const stream = paced();
    const streaming = stackOf([stream.answer]);
    const one = (await streaming.ask({ stream: true })).body?.getReader();
    const other = (await streaming.ask({ stream: true })).body?.getReader();
    stream.release(1);
    await one?.read();
    await other?.read();
    await one?.cancel();
    expect(streaming.handler.calls[0]?.signal.aborted).toBe(false);
    await other?.cancel();
    expect(streaming.handler.calls[0]?.signal.aborted).toBe(true);
    stream.release();
    await vi.waitFor(() => expect(stream.cancelled).toBe(true));
    expect(streaming.log).toContain('cache.skip {"reason":"not_whole"}');
  });
});

test('who comes in the moment in which the last one leaves asks anew, and gets all of it', async () => {
  const stream = paced();
  const { ask, handler } = stackOf([stream.answer, { events: events() }]);
  const leaving = new AbortController();
  const reader = (await ask({ stream: true }, { signal: leaving.signal })).body?.getReader();
  stream.release(1);
  await reader?.read();
  leaving.abort(new Error('gone'));
  expect(await told(ask({ stream: true }))).toBe('200 miss: hello back [DONE]');
  expect(handler.calls).toHaveLength(2);
  stream.release();
});

describe('a failure', () => {
  test('of the provider is that of all who wait', async () => {
    const body = { error: { message: 'no', type: 'x', code: 'server_error' } };
    const { answer: held, open } = later({ status: 503, headers: { 'x-request-id': 'req_9' }, body });
    const { ask, handler } = stackOf([held, answer()]);
    const both = [shown(ask()), shown(ask())];
    open();
    for (const { status, headers, text } of await Promise.all(both)) {
      expect([status, headers.get('x-request-id'), text]).toEqual([503, 'req_9', 'server_error']);
    }
    expect(handler.calls).toHaveLength(1);
    expect(await told(ask())).toBe('200 miss: hello back');
  });

  test('of the network is that of all who wait', async () => {
    const { opened, open } = gate();
    const fail = (): Promise<never> => opened.then(() => Promise.reject(new TypeError('fetch failed')));
    const { ask, handler } = stackOf([fail]);
    const both = [ask(), ask()];
    open();
    expect(await Promise.allSettled(both)).toEqual([
      { status: 'rejected', reason: new TypeError('fetch failed') },
      { status: 'rejected', reason: new TypeError('fetch failed') },
    ]);
    expect(handler.calls).toHaveLength(1);
  });

  test('that is a refusal is the caller’s own: the others ask for themselves, one at a time', async () => {
    const { opened, open } = gate();
    const refusal = new InterposeError('no money', { code: 'no_money', status: 402 });
    const { ask, handler } = stackOf([() => opened.then(() => refusal), () => answer()]);
    const all = many(3).map(() => told(ask()));
    await vi.waitFor(() => expect(handler.calls).toHaveLength(1));
    open();
    expect(await Promise.all(all)).toEqual([
      '402 none: no_money',
      '200 miss: hello back',
      '200 coalesced 0: hello back',
    ]);
    expect(handler.calls).toHaveLength(2);
  });

  test('in the middle of a stream is that of all who read it', async () => {
    const [first = {}] = events();
    const error = new TypeError('terminated');
    const { ask, handler } = stackOf([{ events: [first], error }, answer()]);
    const both = [ask({ stream: true }), ask({ stream: true })];
    const texts = (await Promise.all(both)).map((response) => response.text());
    for (const settled of await Promise.allSettled(texts)) {
      expect(settled).toEqual({ status: 'rejected', reason: error });
    }
    expect(await told(ask())).toBe('200 miss: hello back');
    expect(handler.calls).toHaveLength(2);
  });

  test('of a stream sends those who want it whole their own way', async () => {
    const [first = {}] = events();
    const stream = { events: [first], error: new TypeError('terminated') };
    const { ask, handler } = stackOf([stream, answer()]);
    const streamed = ask({ stream: true }).then((response) => response.text());
    const plain = told(ask());
    await expect(streamed).rejects.toThrow('terminated');
    expect(await plain).toBe('200 miss: hello back');
    expect(handler.calls).toHaveLength(2);
  });
});
