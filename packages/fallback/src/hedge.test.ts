import {
  CLOCK,
  Failure,
  FETCH,
  controlLayer,
  deadline,
  detour,
  provide,
  type Outcome,
  type StackEntry,
} from '@interpose/core';
import { fakeClock, fakeProvider, recordEvents, type ScriptedAnswer } from '@interpose/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Allowance } from './allowance.ts';
import {
  CHAT_URL,
  answer,
  asked,
  chatInit,
  delta,
  errorOf,
  stackOf,
  told,
  type Stack,
} from './fallback.test-support.ts';
import { hedge, type HedgeOptions } from './index.ts';
import { RecentTimes } from './recent-times.ts';

/** A layer of hedge alone. What is slow never answers by itself; its signals are those that the tries got. */
function slowStack(
  options: HedgeOptions,
  answers: readonly ScriptedAnswer[],
  more: readonly StackEntry[] = [],
): Stack {
  return stackOf([hedge({ maxShare: 1, ...options }), ...more], answers);
}

const never = (): Promise<never> => new Promise<never>(() => {});

test('a call that is slow gets a second try, whose answer is taken, and the first is stopped', async () => {
  const { ask, clock, handler, log } = slowStack({ after: '2s' }, [never, answer('second')]);
  const work = ask();
  await clock.advance(1999);
  expect(handler.calls.length).toBe(1);
  await clock.advance(1);
  expect(told(await work)).toBe('200 second from gpt-4o');
  expect(handler.calls.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  expect(log.join('\n')).toBe(
    ['start', 'attempt 1', 'detour hedge gpt-4o slow', 'attempt 1', 'settle completed'].join('\n'),
  );
  expect(clock.pending).toBe(0);
});

test('a call that answers in time gets none, and nothing is left of the wait', async () => {
  const { ask, clock, handler } = slowStack({ after: '2s' }, [answer()]);
  expect(told(await ask())).toBe('200 hello back');
  expect([handler.calls.length, clock.pending]).toEqual([1, 0]);
});

test('the first try may still win, and the second is stopped then', async () => {
  let finish: (body: object) => void = () => {};
  const first = (): Promise<object> => new Promise((resolve) => (finish = resolve));
  const { ask, clock, handler } = slowStack({ after: '1s' }, [first, never]);
  const work = ask();
  await clock.advance('1s');
  expect(handler.calls.length).toBe(2);
  finish(answer('first'));
  expect(told(await work)).toBe('200 first');
  expect(handler.calls.map(({ signal }) => signal.aborted)).toEqual([false, true]);
});

test('of two that answer in one turn, one is taken whole and the other stopped', async () => {
  const outcomes: Promise<Outcome>[] = [];
  const finish: ((body: object) => void)[] = [];
  const slow = (): Promise<object> => new Promise((resolve) => void finish.push(resolve));
  const watch: StackEntry = (next) => async (call) => {
    const reply = await next(call);
    outcomes.push(reply.outcome);
    return reply;
  };
  const { ask, clock } = slowStack({ after: '1s' }, [slow, slow], [watch]);
  const work = ask();
  await clock.advance('1s');
  finish[1]?.(answer('second'));
  finish[0]?.(answer('first'));
  expect(told(await work)).toBe('200 second from gpt-4o');
  const statuses = (await Promise.all(outcomes)).map(({ status }) => status);
  expect(statuses.toSorted()[1]).toBe('completed');
});

test('a second try goes to another target, where one is given', async () => {
  const { ask, clock, handler } = slowStack(
    { after: '1s', targets: [{ model: 'gpt-4.1-mini', name: 'quick' }] },
    [never, answer()],
  );
  const work = ask();
  await clock.advance('1s');
  expect(told(await work)).toBe('200 hello back from quick');
  expect(handler.calls.map(({ model }) => model)).toEqual(['gpt-4o', 'gpt-4.1-mini']);
});

test('a second try of the same request has a key of its own', async () => {
  const { layer, clock, handler } = slowStack({ after: '1s' }, [never, answer()]);
  const work = layer.fetch(CHAT_URL, chatInit({}, { headers: { 'idempotency-key': 'order-7' } }));
  await clock.advance('1s');
  await (await work).text();
  expect(handler.calls.map(({ headers }) => headers.get('idempotency-key'))).toEqual([
    'order-7',
    'order-7-hedge-1',
  ]);
});

test('a call whose time is over by then gets none', async () => {
  const bounded: StackEntry = (next) => (call) => next(call.with({ context: [[deadline, 500]] }));
  const stack = stackOf([bounded, hedge({ after: '1s' })], [never]);
  const leaving = new AbortController();
  const work = errorOf(stack.ask({}, { signal: leaving.signal }));
  await stack.clock.advance('1s');
  leaving.abort();
  await work;
  expect(stack.handler.calls.length).toBe(1);
});

test('as many further tries as asked for, each after the same time', async () => {
  const { ask, clock, handler } = slowStack({ after: '1s', maxHedges: 2 }, [never, never, answer('third')]);
  const work = ask();
  await clock.advance('1s');
  expect(handler.calls.length).toBe(2);
  await clock.advance('1s');
  expect(told(await work)).toBe('200 third from gpt-4o');
});

describe('failures', () => {
  test('of the first try alone pass as they are, at once', async () => {
    const { ask, clock, handler } = slowStack({ after: '1s' }, [{ status: 503 }]);
    expect(told(await ask())).toBe('503 ');
    expect([handler.calls.length, clock.pending]).toEqual([1, 0]);
  });

  test.each<[string, ScriptedAnswer]>([
    ['refused further in', new Failure('refused')],
    ['answered with an error', { status: 500 }],
  ])('of a second try, which is %s, leave the first alone', async (_, failing) => {
    let finish: (body: object) => void = () => {};
    const first = (): Promise<object> => new Promise((resolve) => (finish = resolve));
    const { ask, clock } = slowStack({ after: '1s' }, [first, failing]);
    const work = ask();
    await clock.advance('1s');
    finish(answer('first'));
    expect(told(await work)).toBe('200 first');
  });

  test('of the first try, once there is a second, wait for that one', async () => {
    let fail: (error: Error) => void = () => {};
    const first = (): Promise<never> => new Promise((_, reject) => (fail = reject));
    let finish: (body: object) => void = () => {};
    const second = (): Promise<object> => new Promise((resolve) => (finish = resolve));
    const { ask, clock } = slowStack({ after: '1s' }, [first, second]);
    const work = ask();
    await clock.advance('1s');
    fail(new Failure('server'));
    finish(answer('second'));
    expect(told(await work)).toBe('200 second from gpt-4o');
  });

  test('of all tries are told as that of the first', async () => {
    let fail: (error: Error) => void = () => {};
    const first = (): Promise<never> => new Promise((_, reject) => (fail = reject));
    const { ask, clock } = slowStack({ after: '1s' }, [first, { status: 500 }]);
    const work = errorOf(ask());
    await clock.advance('1s');
    const reason = new Failure('server', { code: 'of_the_first' });
    fail(reason);
    expect(await work).toBe(reason);
  });
});

describe('a try that lost', () => {
  /** Stands where a unit or a transport does not heed its signal. */
  const deaf: StackEntry = (next) => (call) => next(call.with({ signal: new AbortController().signal }));

  /** A stream that opens and then says nothing. */
  async function* silent(): AsyncGenerator<object> {
    yield { choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] };
    await new Promise(() => {});
  }

  const watching = (): { outcomes: Promise<Outcome>[]; watch: StackEntry } => {
    const outcomes: Promise<Outcome>[] = [];
    const watch: StackEntry = (next) => async (call) => {
      const reply = await next(call);
      outcomes.push(reply.outcome);
      return reply;
    };
    return { outcomes, watch };
  };
  const statuses = async (outcomes: readonly Promise<Outcome>[]): Promise<string[]> =>
    (await Promise.all(outcomes)).map(({ status }) => status);

  test('is stopped by its reply, also where its signal is not heeded', async () => {
    const { outcomes, watch } = watching();
    const { ask, clock } = slowStack(
      { after: '1s' },
      [{ events: silent() }, answer('second')],
      [watch, deaf],
    );
    const work = ask({ stream: true });
    await clock.advance('1s');
    expect(told(await work)).toContain('second');
    expect(await statuses(outcomes)).toEqual(['aborted', 'completed']);
  });

  test('is stopped as soon as it has a reply, where that comes after the race', async () => {
    const { outcomes, watch } = watching();
    let open: (stream: object) => void = () => {};
    const late = (): Promise<object> => new Promise((resolve) => (open = resolve));
    const { ask, clock } = slowStack({ after: '1s' }, [late, answer('second')], [watch, deaf]);
    const work = ask({ stream: true });
    await clock.advance('1s');
    await work;
    open({ events: silent() });
    await clock.advance(0);
    expect(await statuses(outcomes)).toEqual(['completed', 'aborted']);
  });
});

test('a notice that throws ends the call, and what was under way with it', async () => {
  const onHedge = (): never => {
    throw new RangeError('boom');
  };
  const { ask, clock, handler } = slowStack({ after: '1s', onHedge }, [never]);
  const work = errorOf(ask());
  await clock.advance('1s');
  expect(await work).toEqual(new RangeError('boom'));
  expect(handler.calls[0]?.signal.aborted).toBe(true);
});

test('a caller who leaves while a target is looked up is asked about nothing more', async () => {
  const leaving = new AbortController();
  const notices: string[] = [];
  const apiKey = async (): Promise<string> => {
    leaving.abort(new Error('gone'));
    return 'k';
  };
  const { ask, clock, handler } = slowStack(
    { after: '1s', targets: [{ apiKey }], onHedge: ({ target }) => void notices.push(target) },
    [never],
  );
  const work = errorOf(ask({}, { signal: leaving.signal }));
  await clock.advance('1s');
  expect(await work).toEqual(new Error('gone'));
  expect([handler.calls.length, notices]).toEqual([1, []]);
});

test("the caller's abort reaches all tries, and no timer stays", async () => {
  const leaving = new AbortController();
  const { ask, clock, handler } = slowStack({ after: '1s', maxHedges: 2 }, [never, never, never]);
  const work = errorOf(ask({}, { signal: leaving.signal }));
  await clock.advance('1s');
  leaving.abort(new Error('gone'));
  expect(await work).toEqual(new Error('gone'));
  expect(handler.calls.map(({ signal }) => signal.aborted)).toEqual([true, true]);
  expect(clock.pending).toBe(0);
});

describe('what does something besides being answered', () => {
  const url = 'https://api.openai.com/v1/responses';
  const send = async (params: object, options: Partial<HedgeOptions> = {}): Promise<number> => {
    const { layer, clock, handler } = slowStack({ after: '1s', ...options }, [never, never]);
    const leaving = new AbortController();
    const body = JSON.stringify({ model: 'gpt-5', input: 'hi', ...params });
    const work = errorOf(layer.fetch(url, { method: 'POST', body, signal: leaving.signal }));
    await clock.advance('1s');
    leaving.abort();
    await work;
    return handler.calls.length;
  };

  test('is sent once, unless it is asked for', async () => {
    const mcp = { tools: [{ type: 'mcp' }] };
    expect(await send({})).toBe(2);
    expect(await send(mcp)).toBe(1);
    expect(await send({ conversation: 'conv_1' })).toBe(1);
    expect(await send(mcp, { shouldHedge: () => true })).toBe(2);
    expect(await send({}, { shouldHedge: ({ byDefault }) => !byDefault })).toBe(1);
  });
});

describe('after a percentile of recent times', () => {
  /** So many calls that take 1 to 100 ms each. */
  const warm = async ({ ask, clock }: Stack, calls: number): Promise<void> => {
    for (let call = 0; call < calls; call++) {
      const work = ask();
      await clock.advance((call % 100) + 1);
      await work;
    }
  };
  const timed =
    (clock: () => { sleep(ms: number): Promise<void> }, ms: number): ScriptedAnswer =>
    async () => {
      await clock().sleep(ms);
      return answer();
    };

  test('calls are hedged once enough of their kind are known', async () => {
    const times = Array.from({ length: 100 }, (_, call) => call + 1);
    let stack: Stack | undefined;
    const clock = (): Stack['clock'] => (stack as Stack).clock;
    stack = slowStack({ after: { percentile: 90, atLeast: 0, minCalls: 100 } }, [
      ...times.map((ms) => timed(clock, ms)),
      never,
      answer('second'),
    ]);
    await warm(stack, 100);
    const { handler } = stack;
    const work = stack.ask();
    await stack.clock.advance(89);
    expect(handler.calls.length).toBe(101);
    await stack.clock.advance(1);
    expect(told(await work)).toBe('200 second from gpt-4o');
  });

  test('what fails at once tells nothing of what is usual', async () => {
    const stack = slowStack({ after: { percentile: 50, minCalls: 5 } }, [
      ...Array.from({ length: 10 }, () => ({ status: 400 })),
      never,
    ]);
    for (let call = 0; call < 10; call++) await stack.ask();
    const leaving = new AbortController();
    const work = errorOf(stack.ask({}, { signal: leaving.signal }));
    await stack.clock.advance('1h');
    expect(stack.handler.calls.length).toBe(11);
    leaving.abort();
    await work;
  });

  test('only the last 200 are remembered, and 500 kinds', () => {
    const times = new RecentTimes();
    for (let call = 0; call < 100; call++) times.add('a', 1000);
    for (let call = 0; call < 200; call++) times.add('a', 1);
    expect(times.percentile('a', 99.9, 1)).toBe(1);
    for (let kind = 0; kind < 500; kind++) times.add(`kind ${kind}`, 1);
    expect([times.percentile('a', 50, 1), times.percentile('kind 0', 50, 1)]).toEqual([undefined, 1]);
  });

  test('none is hedged before, and those of another model are of another kind', async () => {
    let stack: Stack | undefined;
    const clock = (): Stack['clock'] => (stack as Stack).clock;
    stack = slowStack({ after: { percentile: 50, minCalls: 10 } }, [
      ...Array.from({ length: 10 }, () => timed(clock, 1)),
      never,
    ]);
    await warm(stack, 10);
    const leaving = new AbortController();
    const work = errorOf(stack.ask({ model: 'another' }, { signal: leaving.signal }));
    await stack.clock.advance('1h');
    expect(stack.handler.calls.length).toBe(11);
    leaving.abort();
    await work;
  });
});

test('whatever the course of calls, further tries stay within their share', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.array(fc.boolean()), (share, course) => {
      const allowance = new Allowance(share);
      let hedges = 0;
      for (const slow of course) {
        allowance.earn();
        if (slow && allowance.take()) hedges++;
      }
      return hedges <= 1 + share * course.length + 1e-6;
    }),
  );
});

test('in an outage of speed one call in twenty is hedged', async () => {
  const clock = fakeClock();
  let requests = 0;
  const slow = async (): Promise<Response> => {
    requests++;
    await clock.sleep(5000);
    return Response.json(answer());
  };
  const layer = controlLayer([provide(CLOCK, clock), provide(FETCH, slow), hedge({ after: '1s' })]);
  const calls = Array.from({ length: 200 }, () => layer.fetch(CHAT_URL, chatInit()));
  await clock.advance('1m');
  await Promise.all(calls);
  // One that is free, and 5 % of 200, of which 10 can be saved up.
  expect(requests).toBe(210);
});

describe('streams', () => {
  test('are won by the first content, not by the first byte', async () => {
    const role = { choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] };
    async function* opens(): AsyncGenerator<object> {
      yield role;
      await new Promise(() => {});
    }
    const { layer, clock, handler } = slowStack({ after: '1s' }, [
      { events: opens() },
      { events: [delta('second'), delta('', 'stop')], done: true },
    ]);
    const work = asked(layer, { stream: true });
    await clock.advance('1s');
    expect((await work).text).toContain('second');
    expect(handler.calls[0]?.signal.aborted).toBe(true);
  });

  test('that lose are closed at the provider, and their outcome settles', async () => {
    const provider = fakeProvider.inProcess({ script: [{ stall: { afterEvents: 1 } }] });
    const clock = fakeClock();
    const outcomes: Promise<Outcome>[] = [];
    const layer = controlLayer([
      provide(FETCH, provider.fetch),
      provide(CLOCK, clock),
      hedge({ after: '1s' }),
      (next) => async (call) => {
        const reply = await next(call);
        outcomes.push(reply.outcome);
        return reply;
      },
    ]);
    const { lines } = recordEvents(layer);
    const init = chatInit({ stream: true });
    const work = layer.fetch(`${provider.baseURL}/chat/completions`, init);
    await clock.advance('1s');
    await (await work).text();
    expect((await Promise.all(outcomes)).map(({ status }) => status)).toEqual(['aborted', 'completed']);
    expect(provider.requests.map(({ status }) => status)).toEqual(['client-closed', 'finished']);
    expect(lines).toContain('attempt-end 1 aborted');
  });
});

test('beside a call that was sent elsewhere, the second try is as far from home', async () => {
  const away: StackEntry = (next) => (call) =>
    next(call.with({ context: [[detour, { kind: 'fallback', target: 'eu', ownCredentials: true }]] }));
  const { layer, clock, handler } = stackOf([away, hedge({ after: '1s' })], [never, answer()]);
  const work = asked(layer);
  await clock.advance('1s');
  await work;
  expect(handler.calls.map((call) => call.get(detour))).toEqual([
    { kind: 'fallback', target: 'eu', ownCredentials: true },
    { kind: 'hedge', target: 'eu', ownCredentials: true },
  ]);
});

test('it describes itself', () => {
  expect(hedge({ after: { percentile: 95 }, targets: [{ model: 'm' }] }).describe?.()).toEqual({
    after: { percentile: 95 },
    maxHedges: 1,
    maxShare: 0.05,
    targets: ['m'],
    shouldHedge: 'default',
  });
});

test.each<[unknown, string]>([
  [{}, 'hedge: after must be a duration, or { percentile }, got undefined'],
  [{ after: 'soon' }, "hedge: after must be a duration such as 250, '250ms', '2s' or '1h', got \"soon\""],
  [{ after: { percentile: 100 } }, 'hedge after: percentile must be a number from 1 to 99.9, got 100'],
  [{ after: {} }, 'hedge after: percentile must be a number from 1 to 99.9, got undefined'],
  [{ after: 1, maxShare: 2 }, 'hedge: maxShare must be a number from 0 to 1, got 2'],
  [{ after: 1, maxHedges: 0 }, 'hedge: maxHedges must be an integer >= 1, got 0'],
  [{ after: 1, targets: [] }, 'hedge: targets must be a list of at least one target, got []'],
])('wrong options are refused: %o', (options, message) => {
  expect(() => hedge(options as HedgeOptions)).toThrow(message);
});
