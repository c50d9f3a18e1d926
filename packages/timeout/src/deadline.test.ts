import { getEventListeners } from 'node:events';
import {
  controlLayer,
  deadline as DEADLINE,
  refusalOf,
  withTags,
  type Interceptor,
  type Plugin,
} from '@interpose/core';
import { interpose } from '@interpose/openai';
import { retry } from '@interpose/retry';
import { fakeProvider, stallAfter } from '@interpose/testing';
import OpenAI, { APIConnectionTimeoutError } from 'openai';
import { describe, expect, test } from 'vitest';
import { TimeoutError, deadline, timeout } from './index.ts';
import { answer, delta, settledAs, stackOf, told, type Stack, type Wait } from './timeout.test-support.ts';

const never = (): Promise<never> => new Promise(() => {});

/** A stream with a word in each second. */
async function* words(wait: Wait): AsyncGenerator {
  for (let word = 0; word < 100; word++) {
    yield delta(`${word} `);
    await wait(1000);
  }
}

/** Notes what a call is bounded by when it comes by. */
function noted(log: number[]): Plugin {
  return {
    name: 'noted',
    create: () => (next) => (call) => {
      log.push(call.get(DEADLINE));
      return next(call);
    },
  };
}

describe('deadline', () => {
  test('ends a call in its headers, a plain body, and a stream', async () => {
    const plain = stackOf([deadline('5s')], () => [never]);
    const response = plain.ask();
    await plain.clock.advance('1h');
    const error = refusalOf((await response).headers) as TimeoutError;
    expect([told(error), error.message, error.status]).toEqual([
      'TimeoutError deadline_exceeded: deadline 5000, 5000 ms, 0 characters',
      'The call was not over in 5000 ms (deadline); it had not begun to answer',
      504,
    ]);

    const streamed = stackOf([deadline('2500ms')], (wait) => [{ events: words(wait) }]);
    const lines = streamed.read();
    await streamed.clock.advance('1m');
    expect(await lines).toEqual([
      '0 0 ',
      '1000 1 ',
      '2000 2 ',
      '2500 TimeoutError deadline_exceeded: deadline 2500, 2500 ms, 6 characters',
    ]);
  });

  test('ends a wait within, and what is asked of units that do not heed it', async () => {
    for (const heeds of [true, false]) {
      const slow: Interceptor = (next) => async (call) => {
        await (heeds ? stack.clock.sleep(3_000_000, call.signal) : never());
        return next(call);
      };
      const stack: Stack = stackOf([deadline('5s'), slow], () => [answer()]);
      const lines = stack.read();
      await stack.clock.advance('10s');
      expect([await lines, stack.handler.calls.length, stack.clock.pending]).toEqual([
        ['5000 504 deadline_exceeded'],
        0,
        0,
      ]);
    }
  });

  test('bounds all attempts together: what could not begin in time is not begun', async () => {
    const stack = stackOf([deadline('5s'), retry({ delay: () => 2000, maxAttempts: 9 })], () =>
      Array.from({ length: 9 }, () => ({ status: 503 })),
    );
    const response = stack.ask();
    await stack.clock.advance('1h');
    expect(refusalOf((await response).headers)).toMatchObject({ code: 'no_time_left', attempts: 3 });
    expect([stack.handler.calls.length, stack.clock.pending]).toEqual([3, 0]);
  });

  test('ends the attempt that is under way, and no other follows', async () => {
    const stack = stackOf([deadline('5s'), retry({ delay: () => 0 }), timeout({ attempt: '2s' })], () => [
      never,
      never,
      never,
      answer(),
    ]);
    const lines = stack.read();
    await stack.clock.advance('1h');
    expect([await lines, stack.handler.calls.length]).toEqual([['5000 504 deadline_exceeded'], 3]);
  });

  test('is known further in, the nearest one', async () => {
    const log: number[] = [];
    const inner = { ...deadline('8s'), name: 'inner' };
    const outer = { ...deadline('9s'), name: 'outer' };
    const stack = stackOf([noted(log), outer, inner, { ...noted(log), name: 'within' }], () => [
      answer(),
      answer(),
      answer(),
    ]);
    await (await stack.ask()).text();
    await (await withTags({ deadline: '1m' }, () => stack.ask())).text();
    await (await withTags({ deadline: 'none' }, () => stack.ask())).text();
    expect(log).toEqual([Infinity, 8000, Infinity, 60_000, Infinity, Infinity]);
    log.length = 0;
    const turned = stackOf([inner, outer, noted(log)], () => [answer()], stack.clock);
    await (await turned.ask()).text();
    expect(log).toEqual([8000]);
    expect(stack.clock.pending).toBe(0);
  });

  test.each([
    [{ deadline: '2s' }, ['2000 504 deadline_exceeded']],
    [{}, ['5000 504 deadline_exceeded']],
  ])('is another one for a call with the tags %j', async (tags, expected) => {
    const stack = stackOf([deadline('5s')], () => [never]);
    const lines = withTags(tags, () => stack.read());
    await stack.clock.advance('1h');
    expect(await lines).toEqual(expected);
  });

  test('is none for a call that says so', async () => {
    const stack = stackOf([deadline('5s')], (wait) => [() => wait(60_000).then(() => answer())]);
    const response = withTags({ deadline: 'none' }, () => stack.ask());
    await stack.clock.advance('1h');
    expect((await response).status).toBe(200);
  });

  test('that is not reached leaves an abort an abort, and nothing behind', async () => {
    const stack = stackOf([deadline('5s')], () => [answer(), never, { events: [delta('hello')] }]);
    const controller = new AbortController();
    const { signal } = controller;
    await (await stack.ask({}, { signal })).text();
    const aborted = settledAs(stack.ask({}, { signal }));
    await stack.clock.advance('1s');
    controller.abort(new Error('gone'));
    expect([await aborted, stack.clock.pending, getEventListeners(signal, 'abort')]).toEqual([
      'Error: gone',
      0,
      [],
    ]);
    await (await stack.ask({ stream: true })).body?.cancel();
    expect(stack.clock.pending).toBe(0);
  });

  test('counts for all attempts that a client makes itself', async () => {
    const { clock, layer, handler } = stackOf([deadline('5s')], () => [
      { status: 503 },
      answer(),
      { status: 503 },
    ]);
    const id = layer.newCallId();
    const through: (() => void)[] = [];
    const resends = { whenDone: (done: () => void) => void through.push(done) };
    const send = async (): Promise<string> => {
      const init = { method: 'POST', body: '{"messages":[]}' };
      const response = await layer.send('https://api.openai.com/v1/chat/completions', init, { id, resends });
      await response.text();
      return `${response.status} ${response.headers.get('x-interpose-error') ?? ''}`.trim();
    };
    const first = await send();
    await clock.advance('4s');
    const second = await send();
    await clock.advance('2s');
    expect([first, second, await send(), handler.calls.length]).toEqual([
      '503',
      '200',
      '504 deadline_exceeded',
      2,
    ]);
    for (const done of through.splice(0)) done();
    expect([await send(), clock.pending]).toEqual(['503', 0]);
  });
});

test('stands outside of whatever waits and tries again', () => {
  expect(() => controlLayer([retry(), deadline('1s')])).toThrow(
    "deadline (stage 'protect') must stand before retry (stage 'recover')",
  );
  expect(() => controlLayer([timeout(), deadline('1s')])).toThrow('This order works: [deadline, timeout]');
});

test('checks what it is given, and describes itself', () => {
  expect(() => deadline(undefined as never)).toThrow('deadline: total must be a duration, got undefined');
  expect(() => deadline(0)).toThrow('deadline: total must be longer than 0, got 0');
  expect(() => deadline('soon' as never)).toThrow(/^deadline: total must be a duration such as/);
  expect(deadline('5s').describe?.()).toEqual({ total: '5s' });
});

test('the client gets an error of its own classes, out of a stream as well', async () => {
  await using provider = await fakeProvider({ script: [stallAfter(2), { latency: 600_000 }] });
  const bare = new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' });
  const openai = interpose(bare, [deadline('50ms')]);
  const params = { model: 'm', messages: [] };
  const stream = await openai.chat.completions.create({ ...params, stream: true });
  const read = async (): Promise<void> => {
    for await (const _ of stream);
  };
  for (const work of [read(), openai.chat.completions.create(params)]) {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toBeInstanceOf(APIConnectionTimeoutError);
    expect(error).toMatchObject({ name: 'TimeoutError', code: 'deadline_exceeded', clock: 'deadline' });
  }
});
