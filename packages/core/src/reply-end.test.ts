import { describe, expect, test } from 'vitest';
import {
  ask,
  chatBody,
  collected,
  done,
  json,
  layerOver,
  listeners,
  piece,
  replyOf,
  settledAs,
  source,
  told,
  turn,
  usage,
} from './core.test-support.ts';
import type { Interceptor, Outcome, Plugin } from './index.ts';

describe('outcome', () => {
  test.each(['text/event-stream', 'application/json', 'audio/mpeg'])(
    'of %s that the client cancels',
    async (type) => {
      const provider = source([piece('a'), piece('b')], { headers: { 'content-type': type } });
      const reply = replyOf(provider.response);
      void reply.outcome;
      await reply.deliver().body?.cancel('enough');
      expect([(await reply.outcome).status, ...provider.log]).toEqual(['aborted', 'cancelled enough']);
    },
  );

  test('of a stream that is left early: the rest is neither read nor shown', async () => {
    const provider = source([piece('a'), piece('b'), done]);
    const reply = replyOf(provider.response).mapText(() => ({ push: () => '', end: () => 'held back' }));
    void reply.outcome;
    const reader = reply.deliver().body?.getReader();
    const read = reader?.read();
    await reader?.cancel('enough');
    expect([await read, (await reply.outcome).status, provider.pulls <= 3]).toEqual([
      { done: true, value: undefined },
      'aborted',
      true,
    ]);
  });

  test('of a reply that a unit throws away', async () => {
    for (const type of ['text/event-stream', 'application/json', 'audio/mpeg']) {
      const provider = source([piece('a')], { headers: { 'content-type': type } });
      const reply = replyOf(provider.response);
      const outcome = reply.outcome.then(told);
      await reply.cancel('not wanted');
      await reply.cancel('not wanted');
      expect([await outcome, ...provider.log]).toEqual([
        'aborted [] 15+0 estimated, 0 characters',
        'cancelled not wanted',
      ]);
    }
  });

  test('of a reply that was taken in whole is not changed by throwing it away', async () => {
    const reply = replyOf(json(chatBody('a')));
    await reply.commit();
    await reply.cancel();
    expect(told(await reply.outcome)).toBe('completed [stop] 3+2 reported, 1 characters');
  });
});

describe('an observer that throws', () => {
  const observer = (what: 'event' | 'body') => ({
    [what]: () => {
      throw new RangeError('seen enough');
    },
  });

  test('ends a stream with its error, for good, and stops the provider', async () => {
    const provider = source([piece('a'), piece('b'), done]);
    const reply = replyOf(provider.response).tap(observer('event'));
    const outcome = reply.outcome.then((each) => each.status);
    const delivered = reply.deliver();
    expect(await settledAs(delivered.text())).toBe('RangeError: seen enough');
    expect([await outcome, ...provider.log]).toEqual(['failed', 'cancelled RangeError: seen enough']);
  });

  test('ends a stream also when it throws at the last event', async () => {
    const last = {
      event: (event: { data: string }) => event.data.includes('usage') && observer('event').event?.(),
    };
    const reply = replyOf(source([piece('a') + usage + done]).response).tap(last);
    const outcome = reply.outcome.then((each) => each.status);
    expect([await settledAs(reply.deliver().text()), await outcome]).toEqual([
      'RangeError: seen enough',
      'failed',
    ]);
  });

  test('ends a whole body with its error, for good', async () => {
    let seen = 0;
    const reply = replyOf(json(chatBody('a')))
      .tap({ body: () => seen++ })
      .tap(observer('body'));
    const outcome = reply.outcome.then((each) => each.status);
    const log = [await settledAs(reply.json()), await settledAs(reply.deliver().text()), await outcome, seen];
    expect(log).toEqual(['RangeError: seen enough', 'RangeError: seen enough', 'failed', 1]);
  });
});

describe('a reply that nobody reads', () => {
  const outcomes: Outcome[] = [];
  const watch: Interceptor = (next) => async (call) => {
    const reply = await next(call);
    void reply.outcome.then((outcome) => outcomes.push(outcome));
    return reply;
  };

  test.each(['text/event-stream', 'application/json', 'audio/mpeg'])(
    'is abandoned when it is collected, gives the connection back and leaves no listener: %s',
    async (type) => {
      outcomes.length = 0;
      const provider = source([piece('a')], { headers: { 'content-type': type } });
      const controller = new AbortController();
      const layer = layerOver(async () => provider.response, [watch]);
      await ask(layer, { signal: controller.signal });
      await collected(() => outcomes.length > 0);
      await turn();
      expect([outcomes.map(told).join(), ...provider.log, listeners(controller.signal)]).toEqual([
        'abandoned [] 15+0 estimated, 0 characters',
        'cancelled undefined',
        0,
      ]);
    },
  );

  test('is not abandoned while its text is on the way', async () => {
    outcomes.length = 0;
    let arrive = (): void => {};
    const body = new ReadableStream({
      async start(controller) {
        await new Promise<void>((resolve) => (arrive = resolve));
        controller.enqueue(new TextEncoder().encode(JSON.stringify(chatBody('a'))));
        controller.close();
      },
    });
    const headers = { 'content-type': 'application/json' };
    const text = (await ask(layerOver(async () => new Response(body, { headers }), [watch]))).text();
    let rounds = 0;
    await collected(() => rounds++ > 20);
    arrive();
    expect([JSON.parse(await text), outcomes.map((outcome) => outcome.status)]).toEqual([
      chatBody('a'),
      ['completed'],
    ]);
  });

  test('is not abandoned while somebody holds its reader', async () => {
    outcomes.length = 0;
    const failing: Plugin = { name: 'failing', failOn: ['truncated'] };
    const layer = layerOver(async () => source([piece('a'), piece('b'), done]).response, [watch, failing]);
    const reader = (await ask(layer)).body?.getReader();
    await reader?.read();
    let rounds = 0;
    await collected(() => rounds++ > 20);
    expect(outcomes).toEqual([]);
    await reader?.read();
    await reader?.read();
    expect(outcomes.map(told).join()).toBe('completed [] 15+1 estimated, 2 characters');
  });
});
