import {
  FaultError,
  balance,
  deadline,
  faulted,
  waiting,
  withTags,
  type Interceptor,
  type LayerEvent,
  type Plugin,
  TOKEN_COUNTER,
  provide,
} from '@interpose/core';
import { tags } from '@interpose/openai';
import { retry } from '@interpose/retry';
import { interceptorSuite } from '@interpose/testing';
import OpenAI, { APIUserAbortError, RateLimitError } from 'openai';
import { describe, expect, test } from 'vitest';
import { budgetWarning } from './booking.ts';
import { HI, bench, counter, read, turn } from './budget.test-support.ts';
import { budget } from './budget.ts';
import { BudgetExceededError, UnpricedModelError } from './budget-error.ts';
import { SPEND, type Ledger, type Spending } from './ledger.ts';
import type { BudgetOptions } from './options.ts';

describe('the suite', () => {
  const limits = [{ per: 'all', calls: 1e9, every: 'ever' }] as const;
  // Counted by a stand-in: a tokenizer takes half a second to load, which is no part of what is tested here.
  const factory = () => [budget({ limits }), provide(TOKEN_COUNTER, counter)];
  for (const { name, run } of interceptorSuite(factory)) test(name, run);
});

/** What a promise rejects with. */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it resolved');
}

const create = ({ chat }: OpenAI, params: object = {}, options?: object): Promise<unknown> =>
  chat.completions.create({ ...HI, ...params } as never, options);

test('calls are sent until the next one could cost more than is left, and that one says so', async () => {
  const { openai, provider } = bench({ limits: [{ per: 'endpoint', usd: 0.03, every: 'day' }] });
  // Up to 0.02 held, 0.009 spent: 1 token in, 4 out.
  await create(openai, {}, tags({ endpoint: 'search' }));
  await turn();
  const error = await rejection(
    create(openai, {}, tags({ endpoint: 'search' })).then(() =>
      create(openai, {}, tags({ endpoint: 'search' })),
    ),
  );
  expect(provider.requests).toHaveLength(2);
  expect(error).toBeInstanceOf(BudgetExceededError);
  expect(error).toBeInstanceOf(RateLimitError);
  expect(error).toMatchObject({
    code: 'budget_exceeded',
    limit: 'usd per endpoint every day: search',
    unit: 'usd',
    cap: 30_000_000,
    spent: 18_000_000,
    held: 0,
    asked: 20_000_000,
    resetsAt: new Date('2026-01-02T00:00:00.000Z'),
  });
  expect((error as Error).message).toContain(
    'The limit "usd per endpoint every day: search" of 0.03 USD has not enough left (0.018 USD spent, 0 USD held) ' +
      'for a call of up to 0.02 USD; it starts anew at 2026-01-02T00:00:00.000Z',
  );
  await create(openai, {}, tags({ endpoint: 'other' }));
});

test('calls at the same time do not overshoot together', async () => {
  const { openai, provider, report } = bench({ limits: [{ per: 'all', usd: 0.2, every: 'ever' }] });
  const asked = await Promise.allSettled(Array.from({ length: 100 }, () => create(openai)));
  expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  expect(provider.requests).toHaveLength(10);
  expect(await report()).toEqual(['gpt-4o-mini: 10 calls, 10+40 tokens, 0.09 USD']);
});

test('all limits of a call hold together, each with its own books', async () => {
  const { openai, ledger } = bench({
    limits: [
      { per: 'tenant', calls: 2, every: 'hour' },
      { per: 'model', tokens: 1000, every: 'day' },
      { per: 'all', usd: 1, every: 'month', name: 'the bill' },
      { per: 'user', calls: 1, every: 'ever', match: ({ call }) => call.tags['endpoint'] === 'trial' },
    ],
  });
  await withTags({ tenant: 'acme', user: 'u', endpoint: 'trial' }, () => create(openai));
  const again = withTags({ tenant: 'acme', user: 'u', endpoint: 'trial' }, () => create(openai));
  expect(await rejection(again)).toMatchObject({
    limit: 'calls per user every ever: u',
    resetsAt: undefined,
  });
  await withTags({ tenant: 'acme', user: 'u' }, () => create(openai));
  const third = withTags({ tenant: 'acme' }, () => create(openai));
  expect(await rejection(third)).toMatchObject({ limit: 'calls per tenant every hour: acme', unit: 'calls' });
  await withTags({ tenant: 'other' }, () => create(openai));
  await turn();
  const [{ calls, cost } = { calls: 0, cost: 0 }] = await ledger.spend({ by: [] });
  expect([calls, cost]).toEqual([3, 27_000_000]);
});

test('a limit of several units is as many limits, told apart by their names', async () => {
  const { openai } = bench({ limits: [{ per: 'all', usd: 1, calls: 1, every: 'ever', name: 'trial' }] });
  await create(openai);
  await turn();
  expect(await rejection(create(openai))).toMatchObject({ limit: 'trial (calls)', cap: 1 });
});

test('a limit of a single call needs no books', async () => {
  const { openai, provider } = bench({
    limits: [
      { per: 'call', usd: 0.02 },
      { per: 'call', tokens: 14, name: 'short' },
    ],
  });
  expect(await rejection(create(openai))).toMatchObject({ limit: 'short', asked: 15, cap: 14 });
  await create(openai, { max_completion_tokens: 4 });
  expect(await rejection(create(openai, { max_completion_tokens: 4, n: 2 }))).toMatchObject({
    asked: 26_000_000,
    limit: 'usd per call',
  });
  expect(provider.requests).toHaveLength(1);
});

describe('what is charged', () => {
  const limits = [{ per: 'all', usd: 1, every: 'ever' }] as const;

  test('is what the provider reports, of plain calls, streams and embeddings', async () => {
    const { openai, report } = bench({ limits });
    await create(openai);
    await read(await openai.chat.completions.create({ ...HI, stream: true }));
    await openai.embeddings.create({ model: 'gpt-embed', input: 'a' });
    expect(await report()).toEqual([
      'gpt-4o-mini: 2 calls, 2+8 tokens, 0.018 USD',
      'gpt-embed: 1 calls, 1+0 tokens, 0.01 USD',
    ]);
  });

  test('of a stream that is left or cut is its input, and its output as far as it came', async () => {
    const { openai, report } = bench({ limits }, [
      { text: 'one two three four' },
      { cut: { afterEvents: 4 } },
    ]);
    await read(await openai.chat.completions.create({ ...HI, stream: true }), 3);
    expect(await report()).toEqual(['gpt-4o-mini: 1 calls, 10+3 tokens, 0.016 USD']);
    await rejection(openai.chat.completions.create({ ...HI, stream: true }).then((stream) => read(stream)));
    expect(await report()).toEqual(['gpt-4o-mini: 2 calls, 20+7 tokens, 0.034 USD']);
  });

  test('is nothing where the provider bills nothing, and the input where it was given up at work', async () => {
    const { openai, report } = bench({ limits }, [{ status: 500 }, { refuse: true }, { latency: 60_000 }]);
    await rejection(create(openai));
    await rejection(create(openai));
    expect(await report()).toEqual(['gpt-4o-mini: 2 calls, 0+0 tokens, 0 USD']);
    const controller = new AbortController();
    const asked = create(openai, {}, { signal: controller.signal });
    await turn();
    controller.abort();
    await rejection(asked);
    expect(await report()).toEqual(['gpt-4o-mini: 3 calls, 10+0 tokens, 0.01 USD']);
  });

  test('is nothing where a unit further in refuses', async () => {
    const refusing: Interceptor = () => () =>
      Promise.reject(
        new BudgetExceededError({ limit: 'x', unit: 'calls', cap: 1, spent: 1, held: 0, asked: 1 }),
      );
    const { ledger } = bench({ limits });
    const { controlLayer } = await import('@interpose/core');
    const layer = controlLayer([
      budget({ limits: [{ per: 'all', calls: 1, every: 'ever' }], ledger }),
      refusing,
    ]);
    const init = { method: 'POST', body: JSON.stringify(HI) };
    for (const _ of [1, 2]) await (await layer.fetch('https://api.example/v1/chat/completions', init)).text();
    await turn();
    expect(await ledger.spend()).toEqual([]);
  });

  test('is each attempt that is sent', async () => {
    const { openai, provider, report, clock } = bench(
      { limits: [{ per: 'all', calls: 2, every: 'ever' }] },
      [{ status: 503 }, { status: 503 }],
      [retry()],
    );
    const asked = rejection(create(openai));
    for (let round = 0; round < 20; round++) {
      await turn();
      await clock.advance('1s');
    }
    expect(await asked).toBeInstanceOf(BudgetExceededError);
    expect(provider.requests).toHaveLength(2);
    expect(await report()).toEqual(['gpt-4o-mini: 2 calls, 0+0 tokens, 0 USD']);
  });
});

test('of a thousand streams, left or aborted at any chunk, none is free', async () => {
  const { openai, provider, ledger } = bench({ limits: [{ per: 'all', usd: 1000, every: 'ever' }] });
  const words = { messages: [{ role: 'user' as const, content: 'one two three four five six seven' }] };
  await Promise.all(
    Array.from({ length: 1000 }, async (_, number) => {
      const controller = new AbortController();
      const asks = [
        {},
        { stream_options: { include_usage: false } },
        { stream_options: { include_usage: true } },
      ];
      const stream = await openai.chat.completions.create(
        { ...HI, ...words, ...asks[number % 3], max_completion_tokens: 20, stream: true },
        { ...tags({ tenant: `t${number}` }), signal: controller.signal },
      );
      // After no chunk, one, two, ... and some to their end.
      let left = number % 14;
      try {
        if (left === 0) controller.abort();
        for await (const _chunk of stream) {
          if (--left > 0) continue;
          if (number % 2 === 0) controller.abort();
          else break;
        }
      } catch (error) {
        if (!(error instanceof OpenAI.APIUserAbortError)) throw error;
      }
    }),
  );
  await turn();
  const rows = await ledger.spend({ by: ['tenant'] });
  expect(rows).toHaveLength(1000);
  expect(rows.filter(({ cost, inputTokens }) => cost === 0 || inputTokens === 0)).toEqual([]);
  // Nothing that the provider wrote is missing.
  const written = rows.reduce((sum, { outputTokens }) => sum + outputTokens, 0);
  expect(written).toBeGreaterThanOrEqual(provider.ledger.totals().outputTokens * 0.98);
});

describe('a call that is given up while it is held', () => {
  /** A ledger that holds when a test lets it. */
  function slow(books: Ledger): { ledger: Ledger; answer: () => void } {
    let answer = (): void => {};
    const wait = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const reserve: Ledger['reserve'] = (reservation) => wait.then(() => books.reserve(reservation));
    return { ledger: { ...books, reserve }, answer };
  }
  const limits = [{ per: 'all', usd: 1, every: 'ever' }] as const;

  test('rejects at once, and what is held for it all the same is given back', async () => {
    const { ledger: books } = bench({ limits });
    const { ledger, answer } = slow(books);
    const { openai, provider, clock } = bench({ limits, ledger });
    const controller = new AbortController();
    const asked = rejection(create(openai, {}, { signal: controller.signal }));
    await turn();
    controller.abort();
    // The ledger has not answered yet.
    expect(await asked).toBeInstanceOf(OpenAI.APIUserAbortError);
    answer();
    await turn();
    const account = JSON.stringify(['usd per all every ever', '', 'ever']);
    const entries = [{ account, cap: 1e9, amount: 0, keepMs: 1000 }];
    const { accounts } = await books.reserve({ id: 'look', leaseMs: 1000, entries });
    expect(accounts).toEqual([{ account, spent: 0, held: 0 }]);
    expect([provider.requests, await books.spend(), clock.pending]).toEqual([[], [], 0]);
  });

  test('is charged nothing when it ends just as it was held', async () => {
    const { ledger: books } = bench({ limits });
    const controller = new AbortController();
    const ledger: Ledger = {
      ...books,
      async reserve(reservation) {
        const held = await books.reserve(reservation);
        controller.abort();
        return held;
      },
    };
    const { openai } = bench({ limits, ledger });
    expect(await rejection(create(openai, {}, { signal: controller.signal }))).toBeInstanceOf(
      OpenAI.APIUserAbortError,
    );
    await turn();
    expect(await books.spend()).toEqual([]);
  });
});

describe('a model without a price', () => {
  const limits = [{ per: 'all', usd: 1, every: 'ever' }] as const;
  const odd = { model: 'unheard-of' };

  test('is refused where a limit in USD applies', async () => {
    const { openai, provider } = bench({ limits });
    const error = await rejection(create(openai, odd));
    expect(error).toBeInstanceOf(UnpricedModelError);
    expect(error).toMatchObject({
      code: 'budget_unpriced_model',
      model: 'unheard-of',
      limit: 'usd per all every ever',
    });
    expect(provider.requests).toEqual([]);
    const other = bench({ limits: [{ per: 'all', tokens: 100, every: 'ever' }] });
    await create(other.openai, odd);
    expect(await other.report()).toEqual(['unheard-of: 1 calls, 1+4 tokens, 0 USD, 1 unpriced']);
  });

  test('is estimated, or goes uncounted, where that is asked for', async () => {
    const estimated = bench({ limits, unknownModel: 'estimate', assumePrice: 10_000 });
    await create(estimated.openai, odd);
    expect(await estimated.report()).toEqual(['unheard-of: 1 calls, 1+4 tokens, 0.05 USD']);
    // Rounded up: what is estimated is not to be less.
    const cheap = bench({ limits, unknownModel: 'estimate', assumePrice: 1e-7 });
    await create(cheap.openai, odd);
    expect((await cheap.ledger.spend())[0]?.cost).toBe(1);
    const allowed = bench({ limits, unknownModel: 'allow' });
    await create(allowed.openai, odd);
    expect(await allowed.report()).toEqual(['unheard-of: 1 calls, 1+4 tokens, 0 USD, 1 unpriced']);
    // What used nothing has no price to be missing.
    const failed = bench({ limits, unknownModel: 'allow' }, [{ status: 500 }]);
    await rejection(create(failed.openai, odd));
    expect(await failed.report()).toEqual(['unheard-of: 1 calls, 0+0 tokens, 0 USD']);
  });
});

describe('a call that a limit has not enough left for', () => {
  test('goes to a smaller model, where that is asked for', async () => {
    const { openai, provider } = bench({
      limits: [{ per: 'all', usd: 0.1, every: 'ever' }],
      onExceed: { downgradeTo: 'gpt-4o-mini' },
    });
    await create(openai, { model: 'gpt-4o' });
    expect(provider.requests.map(({ body }) => (body as { model: string }).model)).toEqual(['gpt-4o-mini']);
  });

  test('waits until there is enough, and no longer than it may', async () => {
    const { openai, layer, clock, provider } = bench({
      limits: [{ per: 'all', calls: 1, every: 'minute' }],
      onExceed: 'queue',
      maxWait: '90s',
    });
    const waits: LayerEvent[] = [];
    layer.events.on(waiting, (event) => waits.push(event));
    await create(openai);
    const second = create(openai);
    for (let round = 0; round < 250 && provider.requests.length < 2; round++) {
      await turn();
      await clock.advance('250ms');
    }
    await second;
    expect(clock.monotonic()).toBeGreaterThanOrEqual(60_000);
    expect(waits.length).toBeGreaterThan(100);
    expect(waits[0]).toMatchObject({ unit: 'budget', data: { reason: 'queue' } });

    const late = bench({ limits: [{ per: 'all', calls: 1, every: 'day' }], onExceed: 'queue' });
    await create(late.openai);
    await turn();
    // It would not be enough before the wait is over: there is nothing to wait for.
    expect(await rejection(create(late.openai))).toBeInstanceOf(BudgetExceededError);
    expect(late.clock.waits.filter((ms) => ms <= 250)).toEqual([]);
  });

  test('does not wait beyond the deadline of the call', async () => {
    const bounded: Interceptor = (next) => (call) => next(call.with({ context: [[deadline, 20_000]] }));
    const limits = [{ per: 'all', calls: 1, every: 'minute' }] as const;
    const { openai, clock, layer } = bench({ limits, onExceed: 'queue', maxWait: '90s' }, [], [bounded]);
    const waits: LayerEvent[] = [];
    layer.events.on(waiting, (event) => waits.push(event));
    await create(openai);
    expect(await rejection(create(openai))).toBeInstanceOf(BudgetExceededError);
    // Not enough before the deadline, which is known at once.
    expect([waits, clock.monotonic()]).toEqual([[], 0]);
  });

  test('leaves the queue at the deadline of the call, for what others may give back', async () => {
    const bounded: Interceptor = (next) => (call) => next(call.with({ context: [[deadline, 600]] }));
    const limits = [{ per: 'all', calls: 1, every: 'ever' }] as const;
    const { openai, clock } = bench({ limits, onExceed: 'queue' }, [], [bounded]);
    const held = await openai.chat.completions.create({ ...HI, stream: true });
    const asked = rejection(create(openai)).then((error) => [error, clock.monotonic()]);
    await turn();
    await clock.advance('1m');
    expect(await asked).toEqual([expect.any(BudgetExceededError), 600]);
    await read(held);
  });

  test('leaves the queue when its caller gives up', async () => {
    const { openai, clock } = bench({
      limits: [{ per: 'all', calls: 1, every: 'minute' }],
      onExceed: 'queue',
      maxWait: '90s',
    });
    await create(openai);
    const controller = new AbortController();
    const asked = create(openai, {}, { signal: controller.signal });
    await turn();
    controller.abort();
    expect(await rejection(asked)).toBeInstanceOf(OpenAI.APIUserAbortError);
    await turn();
    expect(clock.pending).toBe(0);
  });
});

test('soft limits warn once at each fraction, and the balance is told', async () => {
  const { openai, layer } = bench({ limits: [{ per: 'all', calls: 4, every: 'ever', soft: [0.5, 1] }] });
  const told: unknown[] = [];
  layer.events.on(budgetWarning, ({ data }) => told.push([data.fraction, data.used, data.cap]));
  layer.events.on(balance, ({ data }) => told.push(data.remaining));
  for (let call = 0; call < 4; call++) {
    await create(openai);
    await turn();
  }
  expect(told).toEqual([3, [0.5, 2, 4], 2, 1, [1, 4, 4], 0]);
});

describe('a ledger that does not answer', () => {
  const broken: Ledger = {
    reserve: () => Promise.reject(new Error('the store is down: canary')),
    settle: () => Promise.reject(new Error('down')),
    renew: () => Promise.reject(new Error('down')),
    spend: () => Promise.reject(new Error('down')),
  };
  const limits: BudgetOptions['limits'] = [{ per: 'all', calls: 10, every: 'ever' }];

  test('refuses calls, or lets them pass unchecked where that is asked for, and never in silence', async () => {
    for (const [onFault, sent] of [
      ['closed', 0],
      ['open', 1],
    ] as const) {
      const { openai, layer, provider } = bench({ limits, ledger: broken, onFault });
      const faults: unknown[] = [];
      layer.events.on(faulted, ({ unit, data }) => faults.push([unit, data.open]));
      const asked = create(openai);
      if (onFault === 'closed') {
        const error = await rejection(asked);
        expect(error).toMatchObject({ code: 'unit_fault', unit: 'budget' });
        expect((error as Error).message).not.toContain('canary');
      } else await asked;
      expect(faults).toEqual([['budget', onFault === 'open']]);
      expect(provider.requests).toHaveLength(sent);
    }
  });

  test('is told of by a typed error, and no abort of the caller is taken for it', async () => {
    const down = Object.assign(new Error('canary'), { code: 'store_down' });
    const caller = new AbortController();
    const reserve = async (): Promise<never> => {
      if (caller.signal.aborted) throw down;
      await turn();
      throw down;
    };
    const { openai, layer, provider } = bench({ limits, ledger: { ...broken, reserve } });
    const faults: unknown[] = [];
    layer.events.on(faulted, ({ data }) => faults.push(data));
    const error = await rejection(create(openai));
    if (!(error instanceof FaultError)) throw error;
    // The client's error stands for the typed one, and that for what the ledger said.
    expect((error.cause as Error).cause).toBe(down);
    expect(faults.splice(0)).toEqual([{ error: down, open: false }]);
    expect(error.message).toContain('budget broke (store_down)');

    const asked = create(openai, {}, { signal: caller.signal });
    caller.abort();
    expect(await rejection(asked)).toBeInstanceOf(APIUserAbortError);
    await turn();
    expect([faults, provider.requests]).toEqual([[], []]);
  });

  test('is asked again to settle, until it does', async () => {
    const { ledger: books } = bench({ limits });
    let failures = 3;
    const flaky: Ledger = {
      reserve: (reservation) => books.reserve(reservation),
      settle: (settlement) => (failures-- > 0 ? Promise.reject(new Error('down')) : books.settle(settlement)),
      renew: (ids, ms) => books.renew(ids, ms),
      spend: (query) => books.spend(query),
    };
    const { openai, layer, clock } = bench({ limits, ledger: flaky });
    await create(openai);
    const ended: string[] = [];
    void layer.close().then(() => ended.push('closed'));
    for (let round = 0; round < 100 && ended.length === 0; round++) {
      await turn();
      await clock.advance('100ms');
    }
    // Closing waits for what is not settled yet.
    expect(ended).toEqual(['closed']);
    expect(await books.spend({ by: [] })).toMatchObject([{ calls: 1 }]);
  });
});

test('what a call holds is renewed while it lives, and no timer stays', async () => {
  let answer = (): void => {};
  const slow: Interceptor = (next) => async (call) => {
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    return next(call);
  };
  const limits = [{ per: 'all', calls: 1, every: 'ever' }] as const;
  const { openai, clock, ledger } = bench({ limits, lease: '30s' }, [], [], [slow]);
  const renewed: unknown[] = [];
  const renew = ledger.renew.bind(ledger);
  ledger.renew = async (ids, ms) => {
    renewed.push([ids.length, ms]);
    return renew(ids, ms);
  };
  const asked = create(openai);
  await turn();
  for (let second = 0; second < 100; second += 10) await clock.advance('10s');
  expect(renewed).toEqual(Array.from({ length: 10 }, () => [1, 30_000]));
  answer();
  await asked;
  await turn();
  expect(clock.pending).toBe(0);
  expect(await rejection(create(openai))).toMatchObject({ spent: 1, held: 0 });
});

test('windows go by the clock of the ledger, which all processes share', async () => {
  const books = bench({ limits: [{ per: 'all', calls: 1, every: 'hour' }] }).ledger;
  const steps: string[] = [];
  const ahead: Ledger = {
    ...books,
    async reserve(reservation) {
      const [entry] = reservation.entries;
      steps.push(`hold ${String(JSON.parse(entry?.account ?? '')[2])}`);
      // Longer than its window, for calls that end in the next.
      expect(entry?.keepMs).toBeGreaterThan(86_400_000);
      const result = await books.reserve(reservation);
      return { ...result, at: result.at + 3_600_000 };
    },
    async settle(settlement) {
      steps.push(`settle ${Object.values(settlement.amounts).join()}`);
      return books.settle(settlement);
    },
  };
  const { openai } = bench({ limits: [{ per: 'all', calls: 1, every: 'hour' }], ledger: ahead });
  await create(openai);
  await turn();
  // Found out with the first call, which is put where it belongs; and known from then on.
  expect(steps).toEqual([
    'hold 2026-01-01T00:00:00.000Z',
    'settle ',
    'hold 2026-01-01T01:00:00.000Z',
    'settle 1',
  ]);
  expect(await rejection(create(openai))).toMatchObject({ resetsAt: new Date('2026-01-01T02:00:00.000Z') });
});

test('attempts of one call at the same time are held one by one', async () => {
  const hedging: Interceptor = (next) => async (call) => {
    const [first, second] = await Promise.all([next(call), next(call)]);
    await second.cancel();
    return first;
  };
  const { openai, ledger } = bench({ limits: [{ per: 'all', calls: 10, every: 'ever' }] }, [], [hedging]);
  await create(openai);
  await turn();
  expect(await ledger.spend({ by: [] })).toMatchObject([{ calls: 2 }]);
});

test('a layer that is closed renews nothing any more', async () => {
  const never: Interceptor = () => () => new Promise(() => {});
  const limits = [{ per: 'all', calls: 10, every: 'ever' }] as const;
  const { openai, layer, clock } = bench({ limits }, [], [], [never]);
  void create(openai);
  await turn();
  expect(clock.pending).toBe(1);
  await layer.close();
  expect(clock.pending).toBe(0);
});

test('what was spent is a service of the layer', async () => {
  let spending: Spending | undefined;
  const dashboard: Plugin = {
    name: 'dashboard',
    create(container) {
      spending = container.resolve(SPEND);
      return (next) => next;
    },
  };
  const { openai } = bench({ limits: [{ per: 'all', usd: 1, every: 'ever' }] }, [], [dashboard]);
  await create(openai, {}, tags({ endpoint: 'search' }));
  await turn();
  expect(await spending?.report()).toEqual([
    { endpoint: 'search', calls: 1, inputTokens: 1, outputTokens: 4, cost: 9_000_000, unpriced: 0 },
  ]);
});

test('what a process held that is gone counts as it was estimated', async () => {
  const { openai, clock, ledger } = bench({
    limits: [{ per: 'all', usd: 0.05, every: 'ever' }],
    lease: '30s',
  });
  const account = JSON.stringify(['usd per all every ever', '', 'ever']);
  const entry = { account, cap: 5e7, amount: 4e7, keepMs: 1e9 };
  await ledger.reserve({ id: 'of another process', leaseMs: 30_000, entries: [entry] });
  expect(await rejection(create(openai))).toMatchObject({ spent: 0, held: 4e7 });
  await clock.advance('31s');
  expect(await rejection(create(openai))).toMatchObject({ spent: 4e7, held: 0 });
});

test.each([
  [{ limits: [] }, 'budget: limits must be an array of at least one limit, got []'],
  [{ limits: [{ per: 'all', every: 'day' }] }, 'budget: limits[0] must have usd, tokens or calls'],
  [
    { limits: [{ per: 'all', usd: -1, every: 'day' }] },
    'budget: limits[0]: usd must be a number from 0 to 9000000, got -1',
  ],
  [
    { limits: [{ per: 'A!', usd: 1, every: 'day' }] },
    "budget: limits[0]: per must be 'call', 'endpoint', 'tenant', 'user', 'model', 'all' or the name of a tag, got \"A!\"",
  ],
  [{ limits: [{ per: 'all', usd: 1 }] }, "budget: limits[0] must say every: 'day', '1h', 'ever', ..."],
  [{ limits: [{ per: 'call', usd: 1, every: 'day' }] }, 'budget: limits[0] per call has no every'],
  [
    { limits: [{ per: 'all', usd: 1, every: 'week' }] },
    "budget: every must be a duration such as 250, '250ms', '2s' or '1h', got \"week\"",
  ],
  [
    { limits: [{ per: 'all', usd: 1, every: 'day', timezone: 'Mars' }] },
    'budget: timezone must be an IANA time zone such as \'Europe/Berlin\', got "Mars"',
  ],
  [
    {
      limits: [
        { per: 'all', usd: 1, every: 'day' },
        { per: 'all', usd: 2, every: 'day' },
      ],
    },
    'budget: two limits are alike (usd per all every day) and would share their books; give each a name',
  ],
  [
    { limits: [{ per: 'all', usd: 1, every: 'day' }], onExceed: 'wait' },
    "budget: onExceed must be 'refuse', 'queue' or { downgradeTo: a model }, got \"wait\"",
  ],
  [{ limits: [{ per: 'all', usd: 1, every: 'day' }], lease: 1 }, 'budget: lease must be at least 1s, got 1'],
])('a wrong option is told when the stack is built: %j', (options, message) => {
  expect(() => budget(options as never)).toThrow(message);
});
