import { describe, expect, test } from 'vitest';
import {
  ask,
  chatBody,
  collected,
  data,
  done,
  finish,
  json,
  layerOver,
  listeners,
  piece,
  replyOf,
  role,
  settledAs,
  source,
  told,
  turn,
  usage,
} from './core.test-support.ts';
import type { FailureKind } from './failure.ts';
import type { Interceptor, Outcome, Plugin } from './index.ts';
import type { Reply } from './reply.ts';

/** Reads a reply as a client does; how that ended, and the outcome, which must have settled by then. */
async function ended(reply: Reply): Promise<string> {
  const log: string[] = [];
  void reply.outcome.then((outcome) => log.push(told(outcome)));
  const text = await settledAs(reply.deliver().text());
  await turn();
  log.push(text.includes('Error: ') ? text : 'whole text');
  return log.join(' | ');
}

const broken = (): Error => Object.assign(new TypeError('terminated'), { code: 'UND_ERR_SOCKET' });

describe('outcome', () => {
  test('of a stream tells what the stream said', async () => {
    const wire = [role, piece('hello'), finish(), usage, done];
    expect(await ended(replyOf(source(wire).response))).toBe('completed [stop] 3+2 reported, 5 characters | whole text');
  });

  test('of a whole body tells what the body said', async () => {
    expect(await ended(replyOf(json(chatBody('hello'))))).toBe(
      'completed [stop] 3+2 reported, 5 characters | whole text',
    );
  });

  test('holds id, model, service tier and times', async () => {
    const reply = replyOf(json(chatBody('hello', { service_tier: 'flex' })));
    void reply.outcome;
    await reply.deliver().text();
    const { responseId, model, serviceTier, firstContentMs = -1, totalMs } = await reply.outcome;
    expect([responseId, model, serviceTier]).toEqual(['c1', 'm-1', 'flex']);
    expect(firstContentMs >= 0 && totalMs >= firstContentMs).toBe(true);
  });

  test('estimates usage where the provider reports none', async () => {
    const reply = replyOf(source([piece('a'.repeat(9)), finish(), done]).response);
    expect(await ended(reply)).toBe('completed [stop] 15+3 estimated, 9 characters | whole text');
  });

  test('has one finish reason for each choice', async () => {
    const wire = [piece('a'), piece('b', 1), finish('length', 1), finish('stop'), done];
    expect(await ended(replyOf(source(wire).response))).toContain('completed [length,stop]');
  });

  test.each([
    ['[DONE] missing, but every choice finished', [piece('a'), finish()], 'completed [stop] 15+1 estimated, 1 characters'],
    ['no terminal event', [piece('a')], 'truncated [] 15+1 estimated, 1 characters, truncated'],
    ['one choice of two not finished', [piece('a'), piece('b', 1), finish()], 'truncated [stop] 15+1 estimated, 2 characters, truncated'],
    ['cut within an event', [piece('a'), piece('b').slice(0, 40)], 'truncated [] 15+1 estimated, 1 characters, truncated'],
    ['cut after the last line', [piece('a'), finish().trimEnd()], 'completed [stop] 15+1 estimated, 1 characters'],
    ['[DONE] without its blank line', [piece('a'), done.trimEnd()], 'completed [] 15+1 estimated, 1 characters'],
    ['nothing at all', [], 'truncated [] 15+0 estimated, 0 characters, truncated'],
    ['an error event', [piece('a'), data({ error: { code: 'server_error' } })], 'failed [] 15+1 estimated, 1 characters, server (server_error)'],
    ['an error event before content', [data({ error: { type: 'insufficient_quota' } })], 'failed [] no usage, 0 characters, quota_exhausted (insufficient_quota)'],
    ['an event that is no JSON', [piece('a'), 'data: {\n\n', done], 'failed [] 15+1 estimated, 1 characters, server (malformed_event)'],
  ])('of a stream with %s', async (_, wire, outcome) => {
    expect(await ended(replyOf(source(wire).response))).toBe(`${outcome} | whole text`);
  });

  test.each([
    ['stream', 'text/event-stream', 'failed [] 15+1 estimated, 1 characters, network (UND_ERR_SOCKET)'],
    ['body', 'application/json', 'failed [] no usage, 0 characters, network (UND_ERR_SOCKET)'],
    ['file', 'audio/mpeg', 'failed [] 15+0 estimated, 0 characters, network (UND_ERR_SOCKET)'],
  ])('of a %s whose connection breaks, which the client sees as it was', async (_, type, outcome) => {
    const reply = replyOf(source([piece('a'), broken()], { headers: { 'content-type': type } }).response);
    expect(await ended(reply)).toBe(`${outcome} | TypeError: terminated`);
  });

  test.each(['text/event-stream', 'application/json', 'audio/mpeg'])(
    'of %s that a unit wants told of ends with a typed error that is no abort',
    async (type) => {
      const failOn: FailureKind[] = ['network'];
      const reply = replyOf(source([piece('a'), broken()], { headers: { 'content-type': type } }).response, { failOn });
      expect(await ended(reply)).toMatch(/ReplyError: The reply broke off \(network \(UND_ERR_SOCKET\)\) after \d char/);
    },
  );

  test('of a cut stream that a unit wants told of ends with a typed error, after all that came', async () => {
    const reply = replyOf(source([piece('ab')]).response, { failOn: ['truncated'] });
    void reply.outcome;
    const reader = reply.deliver().body?.getReader();
    const log = [new TextDecoder().decode((await reader?.read())?.value)];
    log.push(await settledAs(reader?.read() as Promise<unknown>), told(await reply.outcome));
    expect(log).toEqual([
      piece('ab'),
      'ReplyError: The stream ended before the reply was whole, after 2 characters',
      'truncated [] 15+1 estimated, 2 characters, truncated',
    ]);
  });

  test('of an error status has the failure and no usage', async () => {
    const reply = replyOf(json({ error: { code: 'x' } }, { status: 500 }));
    expect(await ended(reply)).toBe('failed [] no usage, 0 characters, 500 server (x) | whole text');
  });

  test('of an error inside a plain 200', async () => {
    const reply = replyOf(json({ error: { code: 'rate_limit_exceeded' } }));
    expect(await ended(reply)).toBe('failed [] no usage, 0 characters, rate_limited (rate_limit_exceeded) | whole text');
  });

  test('of a body that is no JSON', async () => {
    expect(await ended(replyOf(json('{"a":')))).toBe('failed [] no usage, 0 characters, 200 server (malformed_body) | whole text');
  });

  test('of bytes, and of a reply without a body', async () => {
    expect(await ended(replyOf(new Response('sound')))).toBe('completed [] 15+0 estimated, 0 characters | whole text');
    expect(await ended(replyOf(new Response(null, { status: 204 })))).toContain('completed [] ');
  });

  test.each(['text/event-stream', 'application/json', 'audio/mpeg'])('of %s that the client cancels', async (type) => {
    const provider = source([piece('a'), piece('b')], { headers: { 'content-type': type } });
    const reply = replyOf(provider.response);
    void reply.outcome;
    await reply.deliver().body?.cancel('enough');
    expect([(await reply.outcome).status, ...provider.log]).toEqual(['aborted', 'cancelled enough']);
  });

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

  test('settles at the terminal event, though the connection stays open', async () => {
    const reply = replyOf(source([piece('a'), finish(), done, undefined]).response);
    const outcome = reply.outcome.then(told);
    const reader = reply.deliver().body?.getReader();
    for (let chunk = 0; chunk < 3; chunk++) await reader?.read();
    expect(await outcome).toBe('completed [stop] 15+1 estimated, 1 characters');
  });

  test('settles at an error event, so that a client that leaves then does not make an abort of it', async () => {
    const reply = replyOf(source([data({ error: { code: 'server_error' } }), undefined]).response);
    const outcome = reply.outcome.then(told);
    const reader = reply.deliver().body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(await outcome).toBe('failed [] no usage, 0 characters, server (server_error)');
  });

  test('is the same however often it is asked for, also after the end', async () => {
    const reply = replyOf(json(chatBody('a')));
    const first = reply.outcome;
    await reply.deliver().text();
    expect(await reply.outcome).toBe(await first);
  });

  test('settles once for each reply, whatever happens to it first', async () => {
    const controller = new AbortController();
    const reply = replyOf(source([piece('a'), done]).response, { signal: controller.signal });
    const log: string[] = [];
    void reply.outcome.then((outcome) => log.push(outcome.status));
    await reply.deliver().text();
    controller.abort();
    await reply.cancel();
    await turn();
    expect([log.join(), (await reply.outcome).status]).toEqual(['completed', 'completed']);
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
    const last = { event: (event: { data: string }) => event.data.includes('usage') && observer('event').event?.() };
    const reply = replyOf(source([piece('a') + usage + done]).response).tap(last);
    const outcome = reply.outcome.then((each) => each.status);
    expect([await settledAs(reply.deliver().text()), await outcome]).toEqual(['RangeError: seen enough', 'failed']);
  });

  test('ends a whole body with its error, for good', async () => {
    let seen = 0;
    const reply = replyOf(json(chatBody('a'))).tap({ body: () => seen++ }).tap(observer('body'));
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
