import { detour, faulted, type Interceptor } from '@interpose/core';
import { expect, test } from 'vitest';
import { HI, bench, turn } from './budget.test-support.ts';
import { BudgetExceededError } from './budget-error.ts';
import type { Ledger } from './ledger.ts';
import { memoryLedger } from './memory-ledger.ts';

test('a call that goes to a smaller model says so to the units further in', async () => {
  const seen: unknown[] = [];
  const looking: Interceptor = (next) => (call) => {
    seen.push([call.model, call.get(detour)]);
    return next(call);
  };
  const { openai } = bench(
    {
      limits: [{ per: 'all', usd: 0.1, every: 'ever' }],
      onExceed: { downgradeTo: 'gpt-4o-mini' },
    },
    [],
    [],
    [looking],
  );
  await openai.chat.completions.create({ ...HI, model: 'gpt-4o' });
  expect(seen).toEqual([['gpt-4o-mini', { kind: 'route', target: 'gpt-4o-mini' }]]);
});

test('a settlement that fails is tried six times over some seconds, then told and left to its lease', async () => {
  const tries: number[] = [];
  const books = memoryLedger();
  const ledger: Ledger = {
    ...books,
    settle: async () => {
      tries.push(clock.monotonic());
      throw new Error('down');
    },
  };
  const { openai, layer, clock } = bench({ limits: [{ per: 'all', calls: 5, every: 'ever' }], ledger });
  const told: unknown[] = [];
  layer.events.on(faulted, ({ unit, data }) => told.push([unit, data.open]));
  await openai.chat.completions.create(HI);
  for (let round = 0; round < 100; round++) {
    await turn();
    await clock.advance('100ms');
  }
  expect(tries).toEqual([0, 100, 300, 700, 1500, 3100]);
  expect(told).toEqual([['budget', true]]);
});

test('a refusal says what is held, also where nothing is spent yet', () => {
  const options = { limit: 'x', unit: 'calls', cap: 3, spent: 0, held: 3, asked: 1 } as const;
  expect(new BudgetExceededError(options).message).toBe(
    'The limit "x" of 3 calls has not enough left (0 calls spent, 3 calls held) for a call of up to 1 calls',
  );
});
