import { describe, expect, test } from 'vitest';
import {
  CHAT_URL,
  ask,
  chatBody,
  chatInit,
  done,
  json,
  layerOver,
  listeners,
  piece,
  settledAs,
  source,
  told,
} from './core.test-support.ts';
import { systemClock } from './clock.ts';
import type { Fetch, Interceptor, Outcome } from './index.ts';

/** A layer whose only unit waits for each reply's outcome. */
function watched(transport: Fetch): { layer: ReturnType<typeof layerOver>; outcomes: string[] } {
  const outcomes: string[] = [];
  const watch: Interceptor = (next) => async (call) => {
    const reply = await next(call);
    void reply.outcome.then((outcome: Outcome) => outcomes.push(told(outcome)));
    return reply;
  };
  return { layer: layerOver(transport, [watch]), outcomes };
}

/** A transport that answers only an abort, as `fetch` does. */
const never: Fetch = (_, init) =>
  new Promise((_resolve, reject) => {
    const signal = init?.signal as AbortSignal;
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });

const streamFor = (chunks: (string | undefined)[], init?: RequestInit): Response =>
  source(chunks, { signal: init?.signal as AbortSignal }).response;

describe('an abort', () => {
  test('before the call sends nothing', async () => {
    let sent = 0;
    const { layer } = watched(async () => json(chatBody(`${++sent}`)));
    const signal = AbortSignal.abort(new Error('gone'));
    expect([await settledAs(ask(layer, { signal })), sent]).toEqual(['Error: gone', 0]);
  });

  test('between two units sends nothing', async () => {
    let sent = 0;
    const controller = new AbortController();
    const unit: Interceptor = (next) => (call) => {
      controller.abort(new Error('gone'));
      return next(call);
    };
    const layer = layerOver(async () => json(chatBody(`${++sent}`)), [unit]);
    expect([await settledAs(ask(layer, { signal: controller.signal })), sent]).toEqual(['Error: gone', 0]);
  });

  test('before the headers reaches the provider, and the client as its own reason', async () => {
    const controller = new AbortController();
    const { layer } = watched(never);
    const result = settledAs(ask(layer, { signal: controller.signal }));
    controller.abort(new Error('gone'));
    expect([await result, listeners(controller.signal)]).toEqual(['Error: gone', 0]);
  });

  test('of a wait within the layer ends the wait', async () => {
    const controller = new AbortController();
    const wait: Interceptor = (next) => async (call) => {
      await systemClock.sleep(60_000, call.signal);
      return next(call);
    };
    const result = settledAs(ask(layerOver(never, [wait]), { signal: controller.signal }));
    controller.abort(new Error('gone'));
    expect([await result, listeners(controller.signal)]).toEqual(['Error: gone', 0]);
  });

  test('after the headers ends the stream with its reason, and settles at once', async () => {
    const controller = new AbortController();
    const { layer, outcomes } = watched(async (_, init) => streamFor([piece('a'), undefined], init));
    const reader = (await ask(layer, { signal: controller.signal })).body?.getReader();
    await reader?.read();
    const read = settledAs(reader?.read() as Promise<unknown>);
    controller.abort(new Error('gone'));
    expect([await read, outcomes.join(), listeners(controller.signal)]).toEqual([
      'Error: gone',
      'aborted [] 15+1 estimated, 1 characters, aborted',
      0,
    ]);
  });

  test('while the reader pauses settles without waiting for it', async () => {
    const controller = new AbortController();
    const { layer, outcomes } = watched(async (_, init) => streamFor([piece('a'), piece('b')], init));
    const reader = (await ask(layer, { signal: controller.signal })).body?.getReader();
    await reader?.read();
    controller.abort();
    await Promise.resolve();
    expect(outcomes.join()).toBe('aborted [] 15+1 estimated, 1 characters, aborted');
    expect(await settledAs(reader?.read() as Promise<unknown>)).toBe(
      'AbortError: This operation was aborted',
    );
  });

  test('after the end changes nothing', async () => {
    const controller = new AbortController();
    const { layer, outcomes } = watched(async (_, init) => streamFor([piece('a'), done], init));
    await (await ask(layer, { signal: controller.signal })).text();
    controller.abort();
    await Promise.resolve();
    expect(outcomes.join()).toBe('completed [] 15+1 estimated, 1 characters');
  });

  test('while a plain body arrives', async () => {
    const controller = new AbortController();
    const { layer, outcomes } = watched(async (_, init) => {
      const headers = { 'content-type': 'application/json' };
      return source(['{"a":', undefined], { headers, signal: init?.signal as AbortSignal }).response;
    });
    const text = settledAs((await ask(layer, { signal: controller.signal })).text());
    controller.abort(new Error('gone'));
    expect([await text, outcomes.join()]).toEqual([
      'Error: gone',
      'aborted [] 15+0 estimated, 0 characters, aborted',
    ]);
  });

  test('of one try by a unit further in is not the caller’s', async () => {
    const caller = new AbortController();
    const hurry: Interceptor = (next) => async (call) => {
      const controller = new AbortController();
      const tried = settledAs(next(call.with({ signal: controller.signal })));
      controller.abort(new Error('too slow'));
      const log = [await tried, call.signal.aborted];
      return (await next(call)).mapText(() => ({ push: () => log.join(), end: () => '' }));
    };
    let sent = 0;
    const transport: Fetch = (input, init) =>
      ++sent === 1 ? never(input, init) : Promise.resolve(json(chatBody('x')));
    const body = await (await ask(layerOver(transport, [hurry]), { signal: caller.signal })).json();
    expect(JSON.stringify(body)).toContain('Error: too slow,false');
  });
});

test('a signal that serves many calls has no listener left after any of them', async () => {
  const { signal } = new AbortController();
  const replies = [
    () => json(chatBody('a')),
    () => json({ error: {} }, { status: 500 }),
    () => source([piece('a'), done]).response,
    () => source([piece('a')]).response,
    () => source([piece('a'), new Error('broken')]).response,
    () => new Response('sound'),
  ];
  let calls = 0;
  const { layer, outcomes } = watched(async () => replies[calls++ % replies.length]?.() ?? json({}));
  for (let count = 0; count < 300; count++) {
    const response = await layer.fetch(CHAT_URL, chatInit({}, { signal }));
    await (count % 4 === 0 ? response.body?.cancel() : settledAs(response.text()));
  }
  expect([listeners(signal), outcomes.length]).toEqual([0, 300]);
});
