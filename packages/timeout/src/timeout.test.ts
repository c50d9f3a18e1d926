import { getEventListeners } from 'node:events';
import { refusalOf, withTags, type Interceptor, type Outcome, type Plugin } from '@interpose/core';
import { retry } from '@interpose/retry';
import { fakeClock, type FakeClock } from '@interpose/testing';
import { describe, expect, test } from 'vitest';
import { TimeoutError, timedOut, timeout, type TimeoutOptions } from './index.ts';
import { PING, answer, delta, settledAs, stackOf, told, type Wait } from './timeout.test-support.ts';

/** Events, each after a wait by the clock of the test. */
async function* timed(
  wait: Wait,
  events: readonly (readonly [ms: number, event: unknown])[],
): AsyncGenerator {
  for (const [ms, event] of events) {
    if (ms > 0) await wait(ms);
    yield event;
  }
}

const never = (): Promise<never> => new Promise(() => {});

/** Reads a stream of these events through `timeout`. */
async function readTimed(
  options: TimeoutOptions,
  events: readonly (readonly [ms: number, event: unknown])[],
  pause?: (wait: Wait) => Wait,
): Promise<string[]> {
  const stack = stackOf([timeout(options)], (wait) => [{ events: timed(wait, events), done: true }]);
  const lines = stack.read(
    {},
    pause?.((ms) => stack.clock.sleep(ms)),
  );
  await stack.clock.advance('1h');
  expect(stack.clock.pending).toBe(0);
  return lines;
}

const role = { choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] };

describe('betweenContent', () => {
  test('ends a stream that stalls, at its limit, and tells how far it had come', async () => {
    const events = [
      [0, delta('hello')],
      [500, delta(' you')],
      [3_000_000, delta('late')],
    ] as const;
    expect(await readTimed({ betweenContent: '2s' }, events)).toEqual([
      '0 hello',
      '500  you',
      '2500 TimeoutError content_stalled: betweenContent 2000, 2500 ms, 9 characters',
    ]);
  });

  test('is fed by content alone: comments, pings and empty deltas keep nothing alive', async () => {
    const noise = Array.from(
      { length: 30 },
      (_, index) =>
        [
          100,
          [PING, 'event: ping\ndata: {"type":"ping"}\n\n', delta(''), { choices: [] }, role][index % 5],
        ] as const,
    );
    const lines = await readTimed({ betweenContent: '1s' }, [[0, delta('hello')], ...noise]);
    expect([lines[0], lines.at(-1)]).toEqual([
      '0 hello',
      '1000 TimeoutError content_stalled: betweenContent 1000, 1000 ms, 5 characters',
    ]);
  });

  test('does not end a stream whose content comes in time, however long it takes', async () => {
    const events = Array.from({ length: 100 }, (_, index) => [999, delta(`${index}`)] as const);
    const lines = await readTimed({ betweenContent: '1s' }, [...events, [999, delta('', 'stop')]]);
    expect([lines.length, lines.at(-1)]).toEqual([103, '100899 end']);
  });

  test('does not run while the reader pauses, whoever is slow then', async () => {
    const events = Array.from({ length: 10 }, (_, index) => [900, delta(`${index}`)] as const);
    const lines = await readTimed(
      { betweenContent: '1s' },
      [...events, [0, delta('', 'stop')]],
      (wait) => () => wait(60_000),
    );
    expect(lines.at(-1)).toMatch(/ end$/);
  });

  test('adds up the waits of a reader who pauses between them', async () => {
    // Pings of which each ends a wait: 400 ms are waited for each, and 10 s paused after it.
    const events = [
      [0, delta('hello')],
      ...Array.from({ length: 9 }, () => [400, delta('')] as const),
    ] as const;
    const lines = await readTimed({ betweenContent: '1s' }, events, (wait) => (ms) => wait(ms * 10_000));
    expect(lines).toEqual([
      '0 hello',
      '10400 ',
      '20800 ',
      '31000 TimeoutError content_stalled: betweenContent 1000, 31000 ms, 5 characters',
    ]);
  });

  test('forgets with each content what was waited for before', async () => {
    const ping = [600, PING] as const;
    const events = [[0, delta('a')], ping, [300, delta('b')], ping, [300, delta('c', 'stop')]] as const;
    expect((await readTimed({ betweenContent: '1s' }, events)).at(-1)).toBe('1800 end');
  });

  test('leaves no timer while the reader pauses, and sets none for a clock that is not wanted', async () => {
    const events = [
      [0, delta('a')],
      [100, delta('b')],
      [100, delta('', 'stop')],
    ] as const;
    const stack = stackOf([timeout({ betweenContent: '1s' })], (wait) => [
      { events: timed(wait, events), done: true },
    ]);
    const pauses: (() => void)[] = [];
    const lines = stack.read({}, () => new Promise((resolve) => void pauses.push(resolve)));
    for (let pause = 0; pause < 4; pause++) {
      await stack.clock.advance('1m');
      expect([pauses.length, stack.clock.pending]).toEqual([pause + 1, 0]);
      pauses.at(-1)?.();
    }
    await stack.clock.advance(0);
    expect((await lines).at(-1)).toMatch(/ end$/);
    // Those of the script, and the clock for content: anew with each, and less what it took to say that there is no more.
    // The last is core's, for the end of the stream.
    expect(stack.clock.waits).toEqual([1000, 100, 1000, 100, 900, 5000]);
  });

  test('hears what came while the process was busy, before it says that nothing did', async () => {
    const time = fakeClock();
    let busyMs = 0;
    const clock: FakeClock = Object.create(time, { monotonic: { value: () => time.monotonic() + busyMs } });
    const stack = stackOf(
      [timeout({ betweenContent: '1s' })],
      (wait) => [
        {
          events: timed(wait, [
            [0, delta('hello')],
            [1000.5, delta(' you', 'stop')],
          ]),
        },
      ],
      clock,
    );
    const lines = stack.read();
    await time.advance('999ms');
    busyMs = 5000;
    await time.advance('1h');
    expect((await lines).at(-1)).toMatch(/ end$/);
  });

  test('is not there before the first content', async () => {
    const events = [
      [60_000, delta('hello')],
      [0, delta('', 'stop')],
    ] as const;
    expect(await readTimed({ betweenContent: '1s' }, events)).toEqual([
      '60000 hello',
      '60000 ',
      '60000 [DONE]',
      '60000 end',
    ]);
  });

  test('ends a stream as whole that has said all, and is only not closed', async () => {
    const events = [
      [0, delta('hello')],
      [0, delta('', 'stop')],
      [3_000_000, PING],
    ] as const;
    expect(await readTimed({ betweenContent: '1s' }, events)).toEqual(['0 hello', '0 ', '1000 end']);
  });
});

describe('firstContent', () => {
  test('ends a stream that does not begin, from the sending on', async () => {
    const events = [
      [400, role],
      [400, PING],
      [400, delta('late')],
    ] as const;
    expect(await readTimed({ firstContent: '1s' }, events)).toEqual([
      '400 ',
      '1000 TimeoutError first_content_timeout: firstContent 1000, 1000 ms, 0 characters',
    ]);
  });

  test('counts the wait for the headers', async () => {
    const stack = stackOf([timeout({ firstContent: '1s' })], () => [never]);
    const lines = stack.read();
    await stack.clock.advance('1h');
    expect(await lines).toEqual(['1000 504 first_content_timeout']);
  });

  test('does not run while nobody reads, between the headers and the first content', async () => {
    const events = [
      [400, delta('hello')],
      [0, delta('', 'stop')],
    ] as const;
    const stack = stackOf([timeout({ firstContent: '1s' })], (wait) => [{ events: timed(wait, events) }]);
    const response = await stack.ask({ stream: true });
    await stack.clock.advance('1m');
    const text = response.text();
    await stack.clock.advance('1m');
    expect(await text).toContain('hello');
  });

  test('leaves what comes after it to the next clock', async () => {
    const events = [
      [900, delta('hello')],
      [60_000, delta(' you')],
      [5000, delta('', 'stop')],
    ] as const;
    expect((await readTimed({ firstContent: '1s' }, events)).at(-1)).toBe('65900 end');
    expect((await readTimed({ firstContent: '1s', betweenContent: '9s' }, events)).at(-1)).toBe(
      '9900 TimeoutError content_stalled: betweenContent 9000, 9900 ms, 5 characters',
    );
    expect((await readTimed({ firstContent: '1h', betweenContent: '9s' }, events)).at(-1)).toBe(
      '9900 TimeoutError content_stalled: betweenContent 9000, 9900 ms, 5 characters',
    );
  });
});

describe('headers', () => {
  test('ends an attempt that is not answered, and is heeded by the provider', async () => {
    const stack = stackOf([timeout({ headers: '1s' })], () => [never]);
    const lines = stack.read();
    await stack.clock.advance('1h');
    expect(await lines).toEqual(['1000 504 headers_timeout']);
    expect(stack.handler.calls[0]?.signal.reason).toBeInstanceOf(TimeoutError);
    expect(stack.log).toEqual([
      'start',
      'attempt 1',
      expect.stringMatching(/^timeout/),
      'refusal headers_timeout',
    ]);
  });

  test('is over once they are there', async () => {
    const events = [
      [60_000, delta('hello')],
      [0, delta('', 'stop')],
    ] as const;
    expect((await readTimed({ headers: '1s' }, events)).at(-1)).toBe('60000 end');
  });

  test('and the clocks for content leave plain replies alone, which show nothing before they are whole', async () => {
    for (const attempt of [undefined, '1h'] as const) {
      const limits = {
        headers: '1s',
        firstContent: '1s',
        betweenContent: '1s',
        ...(attempt && { attempt }),
      } as const;
      const stack = stackOf([timeout(limits)], (wait) => [() => wait(60_000).then(() => answer())]);
      const response = stack.ask();
      await stack.clock.advance('50m');
      expect([(await response).status, stack.clock.waits]).toEqual([
        200,
        attempt ? [3_600_000, 60_000] : [60_000],
      ]);
    }
  });
});

describe('attempt', () => {
  test('ends a plain attempt before its headers, though nobody heeds the signal', async () => {
    const deaf: Interceptor = () => never;
    const stack = stackOf([timeout({ attempt: '1s' }), deaf], () => []);
    const response = stack.ask();
    await stack.clock.advance('1h');
    const error = refusalOf((await response).headers) as TimeoutError;
    expect([error.message, told(error), error.failure.kind, error.failure.transient, error.answered]).toEqual(
      [
        'The provider was not through with the attempt in 1000 ms (attempt); it had not begun to answer',
        'TimeoutError attempt_timeout: attempt 1000, 1000 ms, 0 characters',
        'timeout',
        true,
        false,
      ],
    );
  });

  test('cancels a reply that comes too late', async () => {
    let late: (() => void) | undefined;
    const outcomes: Outcome[] = [];
    const deaf: Interceptor = (next) => async (call) => {
      await new Promise<void>((resolve) => (late = resolve));
      const reply = await next(call.with({ signal: new AbortController().signal }));
      void reply.outcome.then((outcome) => outcomes.push(outcome));
      return reply;
    };
    const stack = stackOf([timeout({ attempt: '1s' }), deaf], () => [{ events: [delta('hello')] }]);
    const lines = stack.read();
    await stack.clock.advance('2s');
    late?.();
    await stack.clock.advance(0);
    expect([await lines, outcomes.map(({ status }) => status)]).toEqual([
      ['1000 504 attempt_timeout'],
      ['aborted'],
    ]);
  });

  test('ends a body that is being read, and settles it as timed out', async () => {
    const outcomes: string[] = [];
    const watch: Interceptor = (next) => async (call) => {
      const reply = await next(call);
      void reply.outcome.then(({ status, failure }) => outcomes.push(`${status} ${failure?.message}`));
      return reply;
    };
    const stack = stackOf([watch, timeout({ attempt: '1s' })], (wait) => [
      {
        events: timed(wait, [
          [0, delta('hello')],
          [900, delta(' you')],
          [900, delta('late')],
        ]),
      },
    ]);
    const lines = stack.read();
    await stack.clock.advance('1h');
    expect([await lines, outcomes]).toEqual([
      ['0 hello', '900  you', '1000 TimeoutError attempt_timeout: attempt 1000, 1000 ms, 9 characters'],
      ['failed timeout'],
    ]);
  });

  test('ends a reply that somebody gave a signal of its own', async () => {
    const own: Interceptor = (next) => (call) => next(call.with({ signal: new AbortController().signal }));
    const stack = stackOf([timeout({ attempt: '1s' }), own], (wait) => [
      {
        events: timed(wait, [
          [0, delta('hello')],
          [3_000_000, delta('late')],
        ]),
      },
    ]);
    const lines = stack.read();
    await stack.clock.advance('1s');
    expect((await lines).at(-1)).toBe(
      '1000 TimeoutError attempt_timeout: attempt 1000, 1000 ms, 5 characters',
    );
  });

  test('ends a reply that nobody reads', async () => {
    const stack = stackOf([timeout({ attempt: '1s' })], () => [{ events: [delta('hello')] }]);
    const response = await stack.ask({ stream: true });
    await stack.clock.advance('1s');
    expect(await settledAs(response.text())).toBe(
      'TimeoutError attempt_timeout: attempt 1000, 1000 ms, 0 characters',
    );
  });
});

test('an attempt that is ended is told of once, by whichever clock is first', async () => {
  const stack = stackOf([timeout({ attempt: '1s', headers: '1s', firstContent: '1s' })], () => [never]);
  const told: unknown[] = [];
  stack.layer.events.on(timedOut, ({ unit, data }) => told.push([unit, data]));
  await stack.clock.advance('7s');
  const lines = stack.read();
  await stack.clock.advance('1h');
  expect(await lines).toEqual(['8000 504 attempt_timeout']);
  expect(told).toEqual([
    ['timeout', { clock: 'attempt', limitMs: 1000, elapsedMs: 1000, receivedCharacters: 0 }],
  ]);
});

describe('with retry', () => {
  const options = { delay: () => 0 };

  test('a stream that stalls before its first content is asked for again, and whole', async () => {
    const stack = stackOf([retry(options), timeout({ firstContent: '1s', betweenContent: '1s' })], (wait) => [
      {
        events: timed(wait, [
          [0, role],
          [3_000_000, delta('late')],
        ]),
      },
      never,
      { events: [role, delta('hello'), delta('', 'stop')] },
    ]);
    const lines = stack.read();
    await stack.clock.advance('1h');
    expect(await lines).toEqual(['2000 ', '2000 hello', '2000 ', '2000 [DONE]', '2000 end']);
    expect(stack.log.filter((line) => line.startsWith('attempt-failed'))).toEqual([
      'attempt-failed 1 stalled retrying',
      'attempt-failed 2 stalled retrying',
    ]);
  });

  test('a stream that stalls after it ends with the error, and is not asked for again', async () => {
    const stack = stackOf([retry(options), timeout({ betweenContent: '1s' })], (wait) => [
      {
        events: timed(wait, [
          [0, delta('hello')],
          [3_000_000, delta('late')],
        ]),
      },
      { events: [delta('again')] },
    ]);
    const lines = stack.read();
    await stack.clock.advance('1h');
    expect(await lines).toEqual([
      '0 hello',
      '1000 TimeoutError content_stalled: betweenContent 1000, 1000 ms, 5 characters',
    ]);
    expect(stack.handler.calls).toHaveLength(1);
  });

  test('each attempt has its own clock', async () => {
    const stack = stackOf([retry(options), timeout({ attempt: '10s' })], (wait) => [
      () => wait(9000).then(() => ({ status: 503 })),
      () => wait(9000).then(() => answer()),
    ]);
    const response = stack.ask();
    await stack.clock.advance('1h');
    expect((await response).status).toBe(200);
  });
});

describe('a call', () => {
  test.each([
    [{ timeout: '3s' }, '3000 504 attempt_timeout'],
    [{ timeout: 'none', 'timeout-headers': '4s' }, '4000 504 headers_timeout'],
    [{ timeout: 'none', 'timeout-first-content': '5s' }, '5000 504 first_content_timeout'],
    [{}, '1000 504 attempt_timeout'],
  ])('says otherwise by its tags: %j', async (tags, line) => {
    const stack = stackOf([timeout({ attempt: '1s' })], () => [never]);
    const lines = withTags(tags, () => stack.read());
    await stack.clock.advance('1h');
    expect(await lines).toEqual([line]);
  });

  test('that no clock is for goes on as it came', async () => {
    const seen: unknown[] = [];
    const note: Interceptor = (next) => (call) => (seen.push(call), next(call));
    const stack = stackOf([{ name: 'outside', create: () => note }, timeout({ headers: '1s' }), note], () => [
      answer(),
    ]);
    await stack.ask();
    expect(seen[0]).toBe(seen[1]);
  });

  test('whose tag means nothing is not sent', async () => {
    const stack = stackOf([timeout()], () => []);
    const response = await withTags({ timeout: 'soon' }, () => stack.ask());
    expect(refusalOf(response.headers)?.message).toMatch(/^timeout: the tag `timeout` must be a duration/);
  });

  test('that its caller aborts is aborted, and not timed out', async () => {
    for (const answers of [
      () => [never],
      () => [
        {
          events: timed(never, [
            [0, delta('hello')],
            [1, 'x'],
          ]),
        },
      ],
    ]) {
      const outcomes: string[] = [];
      const watch: Plugin = {
        name: 'watch',
        create: () => (next) => async (call) => {
          const reply = await next(call);
          void reply.outcome.then(({ status }) => outcomes.push(status));
          return reply;
        },
      };
      const stack = stackOf([watch, timeout({ attempt: '1m', betweenContent: '1m' })], answers);
      const controller = new AbortController();
      const lines = stack.read({ signal: controller.signal });
      await stack.clock.advance('1s');
      controller.abort(new Error('gone'));
      expect((await lines).at(-1)).toBe('1000 Error: gone');
      expect(outcomes.every((status) => status === 'aborted')).toBe(true);
      expect([stack.clock.pending, getEventListeners(controller.signal, 'abort')]).toEqual([0, []]);
    }
  });

  test('that is aborted already is not sent', async () => {
    const stack = stackOf([timeout({ attempt: '1s' })], () => []);
    expect(await settledAs(stack.ask({}, { signal: AbortSignal.abort(new Error('gone')) }))).toBe(
      'Error: gone',
    );
    expect(stack.clock.pending).toBe(0);
  });
});

test('ten thousand calls of every ending leave no listener and no timer', async () => {
  const { signal } = new AbortController();
  const options = { attempt: '1m', headers: '1m', firstContent: '1m', betweenContent: '1m' } as const;
  const endings = [
    () => ({ events: [role, delta('hello'), delta('', 'stop')] }),
    () => ({ events: [delta('hello')], done: false }),
    () => ({ events: [delta('hello')], error: new Error('broken') }),
    () => ({ status: 503 }),
    () => new TypeError('fetch failed'),
  ];
  const stack = stackOf([timeout(options)], () =>
    Array.from({ length: 10_000 }, (_, index) => endings[index % 5]!),
  );
  for (let round = 0; round < 100; round++) {
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const response = await stack.ask({ stream: index % 2 === 0 }, { signal }).catch(() => undefined);
        if (index % 3 === 0) await response?.body?.cancel();
        else await response?.text().catch(() => {});
      }),
    );
  }
  await stack.clock.advance(0);
  expect([
    stack.handler.calls.length,
    stack.clock.pending,
    getEventListeners(signal, 'abort').length,
  ]).toEqual([10_000, 0, 0]);
});

test('checks its options, and describes itself', () => {
  expect(() => timeout({ attempt: 0 })).toThrow('timeout: attempt must be longer than 0, got 0');
  expect(() => timeout({ headers: 'soon' as never })).toThrow(/^timeout: headers must be a duration/);
  expect(() => timeout({ total: '1s' } as never)).toThrow('timeout: unknown option total');
  expect(timeout({ attempt: '1m' }).describe?.()).toEqual({
    attempt: '1m',
    headers: 'none',
    firstContent: 'none',
    betweenContent: 'none',
  });
});
