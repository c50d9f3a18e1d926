import { describe, expect, test } from 'vitest';
import {
  ask,
  callOf,
  chatBody,
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
} from './core.test-support.ts';
import {
  Failure,
  InterposeError,
  Reply,
  type EventFeed,
  type FailureKind,
  type Interceptor,
  type LightResponse,
} from './index.ts';

/** A typed error, as a clock ends a reply with. */
function late(kind: FailureKind = 'stalled'): InterposeError {
  return new InterposeError('too slow', { code: 'late', failure: new Failure(kind) });
}

/** What the outcome of a reply comes to, and what its reader gets. */
function watched(reply: Reply): { outcome: Promise<string>; reader: ReadableStreamDefaultReader } {
  const outcome = reply.outcome.then(told);
  return { outcome, reader: reply.deliver().body?.getReader() as ReadableStreamDefaultReader };
}

const broke = 'InterposeError: too slow';

describe('a reply that a unit ends', () => {
  test('while its reader waits: the read rejects, the provider is stopped, the outcome tells why', async () => {
    const provider = source([piece('hello'), undefined]);
    const reply = replyOf(provider.response);
    const { outcome, reader } = watched(reply);
    await reader.read();
    const read = settledAs(reader.read());
    await turn();
    reply.fail(late());
    expect([await read, await outcome, ...provider.log]).toEqual([
      broke,
      'failed [] 15+2 estimated, 5 characters, stalled',
      `cancelled ${broke}`,
    ]);
    expect(await settledAs(reader.read())).toBe(broke);
  });

  test('while a client waits for decoded events: so does that', async () => {
    const provider = source([piece('hello'), undefined]);
    const reply = replyOf(provider.response).mapText(() => ({ push: () => '', end: () => 'held' }));
    const parsed = (reply.deliver() as unknown as LightResponse).takeParsed('events');
    if (parsed?.kind !== 'events') throw new Error('no events');
    await parsed.next();
    const next = settledAs(parsed.next());
    await turn();
    reply.fail(late());
    expect([await next, await settledAs(parsed.next())]).toEqual([broke, broke]);
  });

  test('before anybody reads: the first read rejects, of what came before nothing is handed on', async () => {
    const provider = source([piece('hello'), undefined]);
    const reply = replyOf(provider.response);
    await reply.commit();
    const { outcome, reader } = watched(reply);
    reply.fail(late('timeout'));
    expect([await outcome, ...provider.log, await settledAs(reader.read())]).toEqual([
      'failed [] 15+2 estimated, 5 characters, timeout',
      `cancelled ${broke}`,
      broke,
    ]);
  });

  test('before it is committed: the commit rejects with the failure, and the provider may have to be paid', async () => {
    const provider = source([role, undefined]);
    const reply = replyOf(provider.response);
    const commit = settledAs(reply.commit());
    await turn();
    reply.fail(late());
    expect([await commit, await settledAs(reply.commit()), told(await reply.outcome)]).toEqual([
      'Failure: stalled',
      'Failure: stalled',
      'failed [] 15+0 estimated, 0 characters, stalled',
    ]);
  });

  test('though nobody heeds that, what it waits for least of all', async () => {
    const headers = { 'content-type': 'text/event-stream' };
    const events: EventFeed = { next: () => new Promise(() => {}), cancel: () => new Promise(() => {}) };
    const reply = new Reply(callOf(), new Response('', { headers }), { events });
    const { outcome, reader } = watched(reply);
    const read = settledAs(reader.read());
    await turn();
    reply.fail(late());
    expect([await read, await outcome]).toEqual([broke, 'failed [] 15+0 estimated, 0 characters, stalled']);
  });

  test('with an error of somebody else is broken by it', async () => {
    const reply = replyOf(source([piece('hello'), undefined]).response, { failOn: ['network'] });
    const { outcome, reader } = watched(reply);
    await reader.read();
    const read = settledAs(reader.read());
    reply.fail(new Error('no more'));
    expect([await read, await outcome]).toEqual([
      'Error: no more',
      'failed [] 15+2 estimated, 5 characters, network',
    ]);
  });

  test.each([
    ['ended', /^completed/, 'undefined'],
    ['failed', /refused \(first\)$/, 'InterposeError: first'],
    ['cancelled', /^aborted/, 'undefined'],
  ] as const)('after it has %s stays as it was', async (how, outcome, next) => {
    const reply = replyOf(source([piece('hello'), finish(), done]).response);
    const settled = reply.outcome.then(told);
    const parsed = (reply.deliver() as unknown as LightResponse).takeParsed('events');
    if (parsed?.kind !== 'events') throw new Error('no events');
    if (how === 'failed') reply.fail(new InterposeError('first', { code: 'first' }));
    if (how === 'cancelled') await reply.cancel();
    if (how === 'ended') for (let batch = await parsed.next(); batch; batch = await parsed.next());
    reply.fail(late());
    reply.fail(late());
    expect(await settled).toMatch(outcome);
    expect(await settledAs(parsed.next())).toBe(next);
  });

  test('ends as it would have where only the closing of the stream is missing', async () => {
    const provider = source([piece('hello'), finish(), undefined]);
    const reply = replyOf(provider.response);
    const { outcome, reader } = watched(reply);
    await reader.read();
    await reader.read();
    const read = reader.read();
    await turn();
    reply.fail(late());
    expect([await read, await outcome, ...provider.log]).toEqual([
      { done: true, value: undefined },
      'completed [stop] 15+2 estimated, 5 characters',
      `cancelled ${broke}`,
    ]);
  });
});

describe('a plain reply that a unit ends', () => {
  const silent = (): Response =>
    new Response(new ReadableStream({ pull: () => new Promise(() => {}) }), {
      headers: { 'content-type': 'application/json' },
    });

  test('while it is read rejects, however often it is asked for', async () => {
    const reply = replyOf(silent());
    const reads = [settledAs(reply.json()), settledAs(reply.text()), settledAs(reply.commit())];
    await turn();
    reply.fail(late());
    expect([
      ...(await Promise.all(reads)),
      await settledAs(reply.deliver().text()),
      told(await reply.outcome),
    ]).toEqual([broke, broke, 'Failure: stalled', broke, 'failed [] 15+0 estimated, 0 characters, stalled']);
  });

  test('before it is read is let go of', async () => {
    const log: string[] = [];
    const body = new ReadableStream({ cancel: (reason) => void log.push(`cancelled ${String(reason)}`) });
    const reply = replyOf(new Response(body, { headers: { 'content-type': 'application/json' } }));
    reply.fail(late('timeout'));
    expect([await settledAs(reply.json()), ...log]).toEqual([broke, `cancelled ${broke}`]);
  });

  test('once it is whole stays as it is', async () => {
    const reply = replyOf(json(chatBody('hello')));
    await reply.commit();
    reply.fail(late());
    expect([await reply.json(), told(await reply.outcome)]).toEqual([
      chatBody('hello'),
      'completed [stop] 3+2 reported, 5 characters',
    ]);
  });

  test('with an error status failed of what ended it', async () => {
    const reply = replyOf(new Response(new ReadableStream(), { status: 500 }));
    const failure = settledAs(reply.failure());
    await turn();
    reply.fail(late());
    expect([await failure, told(await reply.outcome)]).toEqual([
      'Failure: stalled',
      'failed [] no usage, 0 characters, stalled',
    ]);
  });

  test('of bytes rejects, before it is read and while it is', async () => {
    for (const early of [true, false]) {
      const provider = source([new Uint8Array([1]), undefined], {
        headers: { 'content-type': 'audio/mpeg' },
      });
      const reply = replyOf(provider.response);
      if (early) await reply.commit();
      const { outcome, reader } = watched(reply);
      if (!early) await reader.read();
      const read = early ? undefined : settledAs(reader.read());
      await turn();
      reply.fail(late());
      expect([await (read ?? settledAs(reader.read())), await outcome, ...provider.log]).toEqual([
        broke,
        'failed [] 15+0 estimated, 0 characters, stalled',
        `cancelled ${broke}`,
      ]);
      expect(await settledAs(reader.read())).toBe(broke);
    }
  });
});

describe('a signal that aborts with a typed error', () => {
  /** A unit that gives its calls a signal of its own, which it aborts when told to. */
  function clocked(): {
    unit: Interceptor;
    ring: (reason: unknown) => void;
    outcomes: string[];
    signal: AbortSignal;
  } {
    const controller = new AbortController();
    const outcomes: string[] = [];
    const unit: Interceptor = (next) => async (call) => {
      const reply = await next(call.with({ signal: controller.signal }));
      void reply.outcome.then((outcome) => outcomes.push(told(outcome)));
      return reply;
    };
    return { unit, ring: (reason) => controller.abort(reason), outcomes, signal: controller.signal };
  }

  test.each([
    ['typed', late('timeout'), 'failed [] 15+2 estimated, 5 characters, timeout'],
    ['of the caller', new Error('gone'), 'aborted [] 15+2 estimated, 5 characters, aborted'],
    [
      'without a failure',
      new InterposeError('no', { code: 'no' }),
      'aborted [] 15+2 estimated, 5 characters, aborted',
    ],
  ])('%s ends a stream that way', async (_, reason, outcome) => {
    const { unit, ring, outcomes, signal } = clocked();
    const chunks = [piece('hello'), undefined];
    const layer = layerOver(
      async (_url, init) => source(chunks, { signal: init?.signal as AbortSignal }).response,
      [unit],
    );
    const reader = (await ask(layer)).body?.getReader();
    await reader?.read();
    const read = settledAs(reader?.read() as Promise<unknown>);
    await turn();
    ring(reason);
    expect([await read, outcomes, listeners(signal)]).toEqual([
      `${reason.name}: ${reason.message}`,
      [outcome],
      0,
    ]);
  });

  test('ends a plain body that is being read, whatever the transport does', async () => {
    const { unit, ring, outcomes } = clocked();
    const body = new ReadableStream({ pull: () => new Promise(() => {}) });
    const headers = { 'content-type': 'application/json' };
    const layer = layerOver(async () => new Response(body, { headers }), [unit]);
    const text = settledAs((await ask(layer)).text());
    await turn();
    ring(late('timeout'));
    expect([await text, outcomes]).toEqual([broke, ['failed [] 15+0 estimated, 0 characters, timeout']]);
  });
});

describe('an observer of the waits', () => {
  test('hears when a reader waits, and whether content came of it', async () => {
    const log: string[] = [];
    const provider = source([
      ': ping\n\n',
      role,
      data({ choices: [] }),
      piece('a') + piece('b'),
      finish(),
      done,
    ]);
    const reply = replyOf(provider.response).tap({
      waiting: () => log.push('waiting'),
      arrived: (content) => log.push(content ? 'content' : 'nothing'),
      event: () => log.push('event'),
    });
    await reply.commit();
    log.push('committed');
    const reader = reply.deliver().body?.getReader();
    for (let chunk = 0; chunk < 6; chunk++) await reader?.read();
    expect(log.join(' ')).toBe(
      'waiting nothing waiting nothing waiting nothing waiting content committed ' +
        'event event event event waiting nothing event waiting nothing',
    );
  });

  test('hears the same of a plain body, once', async () => {
    const log: string[] = [];
    const reply = replyOf(json(chatBody('hello'))).tap({
      waiting: () => log.push('waiting'),
      arrived: (content) => log.push(content ? 'content' : 'nothing'),
    });
    await reply.commit();
    await reply.deliver().text();
    expect(log).toEqual(['waiting', 'content']);
  });

  test('that throws ends the reply with its error', async () => {
    const provider = source([piece('a'), undefined]);
    const reply = replyOf(provider.response).tap({
      arrived: () => {
        throw new Error('oops');
      },
    });
    const { outcome, reader } = watched(reply);
    expect([await settledAs(reader.read()), await outcome, ...provider.log]).toEqual([
      'Error: oops',
      'failed [] 15+1 estimated, 1 characters, network',
      'cancelled Error: oops',
    ]);
  });
});

test('a reply tells how much of it has come', async () => {
  const reply = replyOf(source([role, piece('hello'), piece(' you'), done]).response);
  const told = [reply.receivedCharacters];
  await reply.commit();
  told.push(reply.receivedCharacters);
  await reply.deliver().text();
  expect([...told, reply.receivedCharacters]).toEqual([0, 5, 9]);
});

test('a reply that was handed out unobserved cannot be ended', () => {
  const reply = replyOf(source([done]).response);
  reply.deliver();
  expect(() => reply.fail(late())).toThrow('a reply cannot be changed after it was returned');
});
