import { setImmediate } from 'node:timers/promises';
import { FETCH, controlLayer, detour, provide, type Interceptor } from '@interpose/core';
import { describe, expect, test } from 'vitest';
import { answer, ASKED, events, shown, stackOf, told } from './cache.test-support.ts';
import { cache, type CacheStore } from './index.ts';

const wireOf = (all: readonly object[], named = false): string =>
  all
    .map(
      (event) =>
        `${named ? `event: ${(event as { type: string }).type}\n` : ''}data: ${JSON.stringify(event)}\n\n`,
    )
    .join('');

const CHAT = { path: '/chat/completions', wire: `${wireOf(events('hé llo'))}data: [DONE]\n\n` };
const RESPONSE = { id: 'resp_1', object: 'response', model: 'gpt-4o-mini' };
const ITEM = {
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  content: [{ type: 'output_text', text: 'hé llo' }],
};
const RESPONSES = {
  path: '/responses',
  wire: wireOf(
    [
      { type: 'response.created', response: { ...RESPONSE, status: 'in_progress', output: [] } },
      {
        type: 'response.output_text.delta',
        item_id: 'msg_1',
        output_index: 0,
        content_index: 0,
        delta: 'hé llo',
      },
      {
        type: 'response.completed',
        response: { ...RESPONSE, status: 'completed', output: [{ ...ITEM, status: 'completed' }] },
      },
    ],
    true,
  ),
};

type End = 'close' | 'reset' | 'abort' | 'cancel';

/** What is kept of a stream of which only the first bytes come, and which then ends in a certain way. */
async function keptOf(
  { path, wire }: { path: string; wire: string },
  length: number,
  end: End,
): Promise<number> {
  const bytes = Buffer.from(wire).subarray(0, length);
  const leaving = new AbortController();
  let sent = false;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (!sent) controller.enqueue(bytes);
        else if (end === 'close') controller.close();
        else if (end === 'reset') controller.error(new TypeError('terminated'));
        // Or nothing comes any more.
        else if (!leaving.signal.aborted) return new Promise(() => {});
        sent = true;
        return undefined;
      },
    },
    { highWaterMark: 0 },
  );
  let kept = 0;
  const store: CacheStore = { get: () => undefined, set: () => void kept++, delete() {} };
  const network = async (): Promise<Response> =>
    new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  await using layer = controlLayer([cache({ store }), provide(FETCH, network)]);
  const response = await layer.fetch(`https://api.example/v1${path}`, {
    method: 'POST',
    body: JSON.stringify({ ...ASKED, stream: true, stream_options: { include_usage: true } }),
    signal: leaving.signal,
  });
  const reader = response.body?.getReader();
  const reading = (async () => {
    while (!(await reader?.read())?.done);
  })().catch(() => {});
  if (end === 'abort' || end === 'cancel') {
    // Once all that comes has been read.
    await setImmediate();
    if (end === 'abort') leaving.abort(new Error('gone'));
    else await reader?.cancel();
  }
  await reading;
  return kept;
}

describe('a stream that is cut', () => {
  describe.each([
    ['chat', CHAT],
    ['responses', RESPONSES],
  ] as const)('%s', (_, stream) => {
    const whole = Buffer.byteLength(stream.wire);

    test.each(['close', 'reset', 'abort', 'cancel'] as const)(
      'is not kept, at whichever byte: %s',
      async (end) => {
        const kept: number[] = [];
        for (let length = 1; length <= whole; length++) {
          if ((await keptOf(stream, length, end)) > 0) kept.push(whole - length);
        }
        // With all that it says, and perhaps without the blank line after it.
        expect(kept.every((missing) => missing <= 2)).toBe(true);
        expect(kept).toContain(0);
      },
      60_000,
    );
  });
});

describe('an answer is not kept', () => {
  const error = { error: { message: 'no', type: 'server_error', code: 'oops' } };
  const [first = {}, ...rest] = events();
  test.each([
    ['that was cut off at its length', answer('hello', 'length'), 'finish_reason'],
    ['that a filter cut off', answer('', 'content_filter'), 'finish_reason'],
    ['of which a choice is missing', answer(), 'finish_reason', { n: 2 }],
    ['that is an error of ours', { status: 400, body: error }, undefined],
    ['that is an error of the provider’s', { status: 500, body: error }, undefined],
    ['that is too many requests', { status: 429, body: error }, undefined],
    [
      'that is broken',
      { status: 200, headers: { 'content-type': 'application/json' }, body: '{"cho' },
      undefined,
    ],
    ['that is an error with a good status', { status: 200, body: error }, undefined],
    [
      'whose stream was cut off at its length',
      { events: events('hello', 'length') },
      'finish_reason',
      { stream: true },
    ],
    ['whose stream has an error in it', { events: [first, error, ...rest] }, 'not_whole', { stream: true }],
    ['whose stream has no end marker', { events: events(), done: false }, 'not_whole', { stream: true }],
  ] as const)('%s', async (_, given, reason, params: object = {}) => {
    const { ask, handler, log } = stackOf([given, answer('another')]);
    await shown(ask(params)).catch(() => {});
    expect(await told(ask())).toBe('200 miss: another');
    expect(handler.calls).toHaveLength(2);
    expect(log.filter((line) => line.startsWith('cache.skip'))).toEqual(
      reason ? [`cache.skip ${JSON.stringify({ reason })}`] : [],
    );
  });

  test('that came from somewhere else than it was asked of', async () => {
    const elsewhere: Interceptor = (next) => (call) =>
      next(call.with({ context: [[detour, { kind: 'fallback', target: 'another' }]] }));
    const { ask, log } = stackOf([answer('one'), answer('two')], {}, { inside: [elsewhere] });
    expect([await told(ask()), await told(ask())]).toEqual(['200 miss: one', '200 miss: two']);
    expect(log).toContain('cache.skip {"reason":"source"}');
  });

  test('but what a unit further out had sent elsewhere is kept, under where it went', async () => {
    const elsewhere: Interceptor = (next) => (call) =>
      next(
        call.with({
          params: { ...call.params, model: 'another' },
          context: [[detour, { kind: 'route', target: 'another' }]],
        }),
      );
    const { ask } = stackOf([answer('one')], {}, { outside: [elsewhere] });
    expect([await told(ask()), await told(ask())]).toEqual(['200 miss: one', '200 hit 0: one']);
  });

  test('but a second try at the very place is as good as the first', async () => {
    const hedged: Interceptor = (next) => (call) =>
      next(call.with({ context: [[detour, { kind: 'hedge', target: 'gpt-4o-mini', same: true }]] }));
    const { ask } = stackOf([answer('one')], {}, { inside: [hedged] });
    expect([await told(ask()), await told(ask())]).toEqual(['200 miss: one', '200 hit 0: one']);
  });

  test('that a unit further in refused', async () => {
    const picky: Interceptor = (next) => async (call) => {
      const reply = await next(call);
      const body = await reply.json();
      if (JSON.stringify(body).includes('bad')) throw new Error('not good enough');
      return reply;
    };
    const { ask } = stackOf([answer('bad'), answer('good')], {}, { inside: [picky] });
    await expect(ask()).rejects.toThrow('not good enough');
    expect([await told(ask()), await told(ask())]).toEqual(['200 miss: good', '200 hit 0: good']);
  });

  test.each(['inside', 'outside'] as const)('that a unit %s ended before its time', async (where) => {
    const enough: Interceptor = (next) => async (call) =>
      (await next(call)).cutText('enough', () => {
        const cut = { over: false, push: (text: string) => ((cut.over = true), text), end: () => '' };
        return cut;
      });
    const { ask, handler } = stackOf(
      [{ events: [...events('one'), ...events('two')] }, answer()],
      {},
      { [where]: [enough] },
    );
    expect((await shown(ask({ stream: true }))).text).not.toContain('two');
    await setImmediate();
    expect(await told(ask())).toBe('200 miss: hello back');
    expect(handler.calls).toHaveLength(2);
  });

  test('that a unit further out broke off in the middle', async () => {
    const strict: Interceptor = (next) => async (call) => {
      const reply = await next(call);
      return reply.tap({
        event: ({ json }) => {
          if (JSON.stringify(json).includes('back')) throw new Error('enough');
        },
      });
    };
    const { ask, handler } = stackOf([{ events: events() }, answer()], {}, { outside: [strict] });
    await expect(shown(ask({ stream: true }))).rejects.toThrow('enough');
    expect(await told(ask())).toBe('200 miss: hello back');
    expect(handler.calls).toHaveLength(2);
  });
});

test('what a unit further in makes of an answer is what is kept, and what one further out makes is not', async () => {
  const shout: Interceptor = (next) => async (call) =>
    (await next(call)).mapText(() => ({ push: (text) => text.toUpperCase(), end: () => '' }));
  const mark: Interceptor = (next) => async (call) =>
    (await next(call)).mapText(() => ({ push: (text) => `<${text}>`, end: () => '' }));
  for (const [given, params] of [
    [answer(), {}],
    [{ events: events('hello') }, { stream: true }],
  ] as const) {
    const { ask } = stackOf([given], {}, { inside: [shout], outside: [mark] });
    const one = await shown(ask(params));
    const two = await shown(ask(params));
    expect([one.text, two.text]).toEqual([two.text, one.text]);
    expect(one.text).toMatch(/^<HELLO/);
  }
});
