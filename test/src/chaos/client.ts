import { budget, type BudgetOptions, type Limit } from '@interpose/budget';
import { PRICES, TOKEN_COUNTER, provide, type Plugin, type Prices, type StackEntry } from '@interpose/core';
import { interpose } from '@interpose/openai';
import { redis } from '@interpose/redis';
import { sqlite } from '@interpose/sqlite';
import OpenAI, { type ClientOptions } from 'openai';
import { LEASE_MS, LIMIT, MAX_INPUT, cost, type Store } from './order.ts';

const prices: Prices = { price: (_model, usage) => cost(usage) };

/** The official client under a budget of the fleet. */
export function clientOf(options: ClientOptions, spending: BudgetOptions, ...more: StackEntry[]): OpenAI {
  return interpose(new OpenAI({ apiKey: 'test', maxRetries: 0, ...options }), [
    budget({ lease: LEASE_MS, ...spending }),
    ...more,
    provide(PRICES, prices),
    provide(TOKEN_COUNTER, { input: () => MAX_INPUT, text: () => MAX_INPUT }),
  ]);
}

/** The limit of a fleet; `cap` in nano-USD. */
export function limitOf(cap: number, name: string = LIMIT): Limit {
  return { per: 'all', usd: cap / 1e9, every: 'ever', name };
}

/** The plugin that keeps the books there. */
export function stored(store: Store, patienceMs: number = 5000): Plugin {
  return store.kind === 'sqlite'
    ? sqlite({ path: store.path, busyTimeout: patienceMs })
    : redis({ url: store.url, prefix: store.prefix, commandTimeout: patienceMs });
}
