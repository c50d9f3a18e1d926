import {
  Failure,
  controlLayer,
  provide,
  refusalOf,
  CLOCK,
  type FailureKind,
  type Interceptor,
} from '@interpose/core';
import { fakeClock, type ScriptedAnswer } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { CHAT_URL, answer, chatInit, delta, stackOf, times } from './breaker.test-support.ts';
import {
  BREAKER_STORE,
  BreakerOpenError,
  breaker,
  memoryBreakerStore,
  type BreakerChange,
  type BreakerOptions,
  type BreakerStore,
} from './index.ts';

const down = { status: 503, body: { error: { message: 'x', type: 'x', code: null } } };
const never = (): Promise<never> => new Promise<never>(() => {});
const gone = new Error('gone');

test('a target that fails five times in a row is left alone, and probed after ten seconds', async () => {
  const { ask, clock, log, handler, plugin } = stackOf([...times(5, () => down), answer(), answer()]);
  const answers: string[] = [];
  for (let call = 0; call < 6; call++) answers.push(await ask());
  expect(answers).toEqual(['503', '503', '503', '503', '503', '503 breaker_open']);
  expect(plugin.states()).toEqual([
    { target: 'api.openai.com gpt-4o', state: 'open', probeAt: clock.now() + 10_000 },
  ]);
  await clock.advance(9999);
  expect(await ask()).toBe('503 breaker_open');
  await clock.advance(1);
  expect(plugin.states()[0]?.state).toBe('half-open');
  expect([await ask(), await ask()]).toEqual(['200', '200']);
  expect([plugin.states(), handler.calls.length]).toEqual([[], 7]);
  const change = (from: string, to: string): unknown =>
    expect.stringContaining(`"from":"${from}","to":"${to}"`);
  expect(log.filter((line) => line.startsWith('breaker.change'))).toEqual([
    change('closed', 'open'),
    change('open', 'half-open'),
    change('half-open', 'closed'),
  ]);
});

test('the error says whose breaker it is, and when the next call may try', async () => {
  const { layer, ask, clock } = stackOf(times(5, () => down));
  for (let call = 0; call < 5; call++) await ask();
  await clock.advance('3s');
  const error = refusalOf((await layer.fetch(CHAT_URL, chatInit())).headers);
  expect(error).toBeInstanceOf(BreakerOpenError);
  const { target, state, retryAfterMs, elsewhere, message } = error as BreakerOpenError;
  expect([target, state, retryAfterMs, elsewhere]).toEqual(['api.openai.com gpt-4o', 'open', 7000, true]);
  expect(message).toBe(
    'The breaker of api.openai.com gpt-4o is open, too many calls to it failed: the call was not sent. The next may try in 7000 ms.',
  );
});

test('each host and model has a breaker of its own', async () => {
  const { ask } = stackOf([...times(5, () => down), answer()]);
  for (let call = 0; call < 5; call++) await ask();
  expect([await ask(), await ask({ model: 'gpt-4.1' })]).toEqual(['503 breaker_open', '200']);
});

test('or each of whatever it is told to go by', async () => {
  const { ask } = stackOf(
    times(5, () => down),
    { key: ({ call }) => new URL(call.url).host },
  );
  for (let call = 0; call < 5; call++) await ask();
  expect(await ask({ model: 'gpt-4.1' })).toBe('503 breaker_open');
});

describe('what counts', () => {
  const opens = async (
    failing: ScriptedAnswer,
    options: BreakerOptions = {},
    params: object = {},
  ): Promise<boolean> => {
    const { ask } = stackOf([...times(5, () => failing), answer()], options);
    for (let call = 0; call < 5; call++) await ask(params);
    return (await ask(params)).endsWith('breaker_open');
  };

  test.each<[FailureKind, boolean]>([
    ['network', true],
    ['timeout', true],
    ['stalled', true],
    ['truncated', true],
    ['overloaded', true],
    ['server', true],
    ['rate_limited', false],
    ['conflict', false],
    ['quota_exhausted', false],
    ['invalid_request', false],
    ['authentication', false],
    ['content_filter', false],
    ['refused', false],
    ['aborted', false],
  ])('a failure of the kind %s: %s', async (kind, counts) => {
    expect(await opens(new Failure(kind))).toBe(counts);
  });

  test('is up to a predicate, where one is given', async () => {
    expect(await opens(new Failure('rate_limited'), { shouldCount: () => true })).toBe(true);
    expect(await opens(new Failure('server'), { shouldCount: () => false })).toBe(false);
  });

  test('a stream that breaks after its first content, and one that is cut', async () => {
    const stalled = { events: [delta('half')], error: new Failure('stalled') };
    expect(await opens(stalled, {}, { stream: true })).toBe(true);
    expect(await opens({ events: [delta('half')], done: false }, {}, { stream: true })).toBe(true);
    expect(await opens({ events: [delta('whole', 'stop')], done: true }, {}, { stream: true })).toBe(false);
  });

  test('a part of the recent calls, where that is asked for', async () => {
    const trip = { share: 0.5, minCalls: 4, every: '10s' } as const;
    const { ask } = stackOf([down, answer(), down, answer(), answer()], { trip });
    const answers: string[] = [];
    for (let call = 0; call < 5; call++) answers.push(await ask());
    expect(answers).toEqual(['503', '200', '503', '200', '200']);
    const mostly = stackOf([down, answer(), down, down], { trip });
    for (let call = 0; call < 4; call++) await mostly.ask();
    expect(await mostly.ask()).toBe('503 breaker_open');
  });
});

describe('a probe', () => {
  test('that fails opens the breaker for twice as long', async () => {
    const { ask, clock } = stackOf([...times(6, () => down), answer()]);
    for (let call = 0; call < 5; call++) await ask();
    await clock.advance('10s');
    expect(await ask()).toBe('503');
    await clock.advance(19_999);
    expect(await ask()).toBe('503 breaker_open');
    await clock.advance(1);
    expect(await ask()).toBe('200');
  });

  test('is one of three at most, and what comes meanwhile is refused, until the first has succeeded', async () => {
    const finish: ((body: object) => void)[] = [];
    const slow = (): Promise<object> => new Promise((resolve) => void finish.push(resolve));
    const { ask, clock } = stackOf([...times(5, () => down), slow, slow, slow, answer()]);
    for (let call = 0; call < 5; call++) await ask();
    await clock.advance('10s');
    const probing = [ask(), ask(), ask()];
    expect(await ask()).toBe('503 breaker_open');
    finish[1]?.(answer());
    expect([await probing[1], await ask()]).toEqual(['200', '200']);
    finish[0]?.(answer());
    finish[2]?.(answer());
    expect(await Promise.all(probing)).toEqual(['200', '200', '200']);
  });

  test('that its caller leaves gives its place to the next', async () => {
    const leaving = new AbortController();
    const { ask, clock } = stackOf([...times(5, () => down), never, answer()], { maxProbes: 1 });
    for (let call = 0; call < 5; call++) await ask();
    await clock.advance('10s');
    const probing = ask({}, { signal: leaving.signal });
    await clock.advance(1);
    leaving.abort(gone);
    expect(await probing).toBe('Error: gone');
    expect(await ask()).toBe('200');
  });

  test('that is refused further in gives its place to the next', async () => {
    let refusing = false;
    const strict: Interceptor = (next) => (call) => {
      if (refusing) throw new Failure('refused');
      return next(call);
    };
    const { ask, clock, plugin } = stackOf(
      [...times(5, () => down), answer()],
      { maxProbes: 1 },
      { inside: [strict] },
    );
    for (let call = 0; call < 5; call++) await ask();
    await clock.advance('10s');
    refusing = true;
    expect(await ask()).toContain('refused');
    expect(plugin.states()[0]?.state).toBe('half-open');
    refusing = false;
    expect(await ask()).toBe('200');
  });

  test('that a stream fails in its middle opens the breaker again', async () => {
    const stalled = { events: [delta('half')], error: new Failure('stalled') };
    const { ask, clock } = stackOf([...times(5, () => down), stalled]);
    for (let call = 0; call < 5; call++) await ask();
    await clock.advance('10s');
    await ask({ stream: true });
    expect(await ask()).toBe('503 breaker_open');
  });

  test('that is told to come later, comes later', async () => {
    const later = { ...down, headers: { 'retry-after': '30' } };
    const { ask, clock } = stackOf([...times(5, () => later), answer()]);
    for (let call = 0; call < 5; call++) await ask();
    await clock.advance('29s');
    expect(await ask()).toBe('503 breaker_open');
    await clock.advance('1s');
    expect(await ask()).toBe('200');
  });

  test('comes a little later than asked, not with those of other processes', async () => {
    const { ask, clock } = stackOf([...times(5, () => down), answer()], {}, { random: () => 0.5 });
    for (let call = 0; call < 5; call++) await ask();
    await clock.advance('10s');
    expect(await ask()).toBe('503 breaker_open');
    await clock.advance(500);
    expect(await ask()).toBe('200');
  });
});

test('whoever asks to be told hears of each change; one that throws harms nobody', async () => {
  const changes: string[] = [];
  const onChange = ({ from, to, failure }: BreakerChange): void => {
    changes.push(`${from} > ${to} ${failure?.kind ?? ''}`.trim());
    throw new Error('in a callback');
  };
  const { ask, clock, log } = stackOf([...times(5, () => down), answer()], { onChange });
  for (let call = 0; call < 5; call++) await ask();
  await clock.advance('10s');
  expect(await ask()).toBe('200');
  expect(changes).toEqual(['closed > open overloaded', 'open > half-open', 'half-open > closed']);
  expect(log.filter((line) => line === 'fault breaker open').length).toBe(3);
});

describe('a store', () => {
  test('of the container, or of the options, has the state', async () => {
    const clock = fakeClock();
    const store = memoryBreakerStore(clock);
    const first = stackOf(
      times(5, () => down),
      { store },
      { clock },
    );
    for (let call = 0; call < 5; call++) await first.ask();
    const second = stackOf([], {}, { clock, outside: [provide(BREAKER_STORE, store)] });
    expect(await second.ask()).toBe('503 breaker_open');
    expect(second.plugin.states()[0]?.state).toBe('open');
  });

  test('is not told of a closed target what says nothing of it', async () => {
    const memory = memoryBreakerStore(fakeClock());
    const told: string[] = [];
    const store: BreakerStore = {
      ...memory,
      report: (report) => {
        told.push(report.result);
        return memory.report(report);
      },
    };
    const { ask } = stackOf([new Failure('aborted'), answer()], { store });
    await ask();
    await ask();
    expect(told).toEqual(['success']);
  });

  const broken = (): { store: BreakerStore; asked: () => number } => {
    let count = 0;
    const fail = async (): Promise<never> => {
      count++;
      throw Object.assign(new Error('connection lost'), { code: 'redis_unavailable' });
    };
    return { store: { enter: fail, report: fail }, asked: () => count };
  };

  test('that is down lets calls go, and is asked once a second', async () => {
    const { store, asked } = broken();
    const { ask, clock, log } = stackOf(
      times(4, () => answer()),
      { store },
    );
    expect([await ask(), await ask(), await ask()]).toEqual(['200', '200', '200']);
    expect(asked()).toBe(1);
    await clock.advance('1s');
    await ask();
    expect([asked(), log.filter((line) => line === 'fault breaker open').length]).toEqual([2, 2]);
  });

  test('that is down refuses them, where that is asked for', async () => {
    const { ask } = stackOf([answer()], { store: broken().store, onFault: 'closed' });
    expect(await ask()).toBe('500 unit_fault');
  });

  test('that is slow does not hold a caller who leaves, and gets the place of a probe back', async () => {
    const clock = fakeClock();
    const memory = memoryBreakerStore(clock);
    let slow = false;
    const store: BreakerStore = {
      ...memory,
      enter: async (request) => {
        if (slow) await clock.sleep(1000);
        return memory.enter(request);
      },
    };
    const { ask } = stackOf([...times(5, () => down), answer()], { store, maxProbes: 1 }, { clock });
    for (let call = 0; call < 5; call++) await ask();
    await clock.advance('10s');
    slow = true;
    const leaving = new AbortController();
    const work = ask({}, { signal: leaving.signal });
    leaving.abort(gone);
    expect(await work).toBe('Error: gone');
    await clock.advance('1s');
    slow = false;
    expect(await ask()).toBe('200');
  });
});

test('a plugin in two layers tells of both, until they are closed', async () => {
  const plugin = breaker({ trip: { consecutive: 1 } });
  const layers = ['a', 'b'].map((model) => ({
    model,
    layer: controlLayer([
      provide(CLOCK, fakeClock()),
      plugin,
      () => async () => Promise.reject(new Failure('server')),
    ]),
  }));
  for (const { layer, model } of layers) await layer.fetch(CHAT_URL, chatInit({ model })).catch(() => {});
  expect(plugin.states().map(({ target }) => target)).toEqual(['api.openai.com a', 'api.openai.com b']);
  await layers[0]?.layer.close();
  expect(plugin.states().map(({ target }) => target)).toEqual(['api.openai.com b']);
});

test('it describes itself', () => {
  expect(breaker().describe?.()).toEqual({
    trip: { consecutive: 5 },
    openFor: '10s',
    maxOpenFor: '30s',
    maxProbes: 3,
    maxProbeTime: '1m',
    key: 'host and model',
    shouldCount: 'default',
    store: 'default',
  });
});

test.each<[unknown, string]>([
  [{ trip: {} }, 'breaker: trip must be { consecutive } or { share }, got {}'],
  [{ trip: { consecutive: 0 } }, 'breaker trip: consecutive must be an integer >= 1, got 0'],
  [{ trip: { share: 0 } }, 'breaker trip: share must be a number above 0, up to 1, got 0'],
  [{ openFor: 0 }, 'breaker: openFor must be longer than 0, got 0'],
  [{ maxProbes: 0 }, 'breaker: maxProbes must be an integer >= 1, got 0'],
  [{ onFault: 'maybe' }, "breaker: onFault must be one of 'open', 'closed', got \"maybe\""],
  [{ thresold: 1 }, 'breaker: unknown option thresold'],
])('wrong options are refused: %o', (options, message) => {
  expect(() => breaker(options as BreakerOptions)).toThrow(message);
});
