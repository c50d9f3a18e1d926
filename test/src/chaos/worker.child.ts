import 'reflect-metadata';
import { BudgetExceededError, budget } from '@interpose/budget';
import { PRICES, TOKEN_COUNTER, provide, type Plugin, type Prices, type TokenCounter } from '@interpose/core';
import { interpose, layerOf } from '@interpose/openai';
import { redis } from '@interpose/redis';
import { sqlite } from '@interpose/sqlite';
import { seededRandom } from '@interpose/testing';
import OpenAI from 'openai';
import { LEASE_MS, LIMIT, MAX_INPUT, MAX_OUTPUT, cost, type Order, type Store, type Told } from './order.ts';

// One process of a fleet: makes calls over shared books until these refuse it for good, or until it is killed.
const { baseURL, store, cap, inFlight, seed, unruly } = JSON.parse(process.argv[2] ?? '{}') as Order;
const random = seededRandom(seed);
const prices: Prices = { price: (_model, usage) => cost(usage) };
const counter: TokenCounter = { input: () => MAX_INPUT, text: () => MAX_INPUT };

const openai = interpose(new OpenAI({ baseURL, apiKey: 'test', maxRetries: 0 }), [
  stored(store),
  budget({ limits: [{ per: 'all', usd: cap / 1e9, every: 'ever', name: LIMIT }], lease: LEASE_MS }),
  provide(PRICES, prices),
  provide(TOKEN_COUNTER, counter),
]);

let calls = 0;
let refused = 0;
const errors = new Set<string>();
await Promise.all(Array.from({ length: inFlight }, lane));
await layerOf(openai)?.close();
const told: Told = { calls, refused, errors: [...errors] };
process.send?.(told, () => process.disconnect());

function stored(where: Store): Plugin {
  return where.kind === 'sqlite'
    ? sqlite({ path: where.path })
    : redis({ url: where.url, prefix: where.prefix, commandTimeout: '5s' });
}

/** Calls one after the other. What others hold may be given back: only what is spent refuses for good. */
async function lane(): Promise<void> {
  for (;;) {
    try {
      await call();
      calls++;
    } catch (error) {
      if (error instanceof BudgetExceededError) {
        refused++;
        if (error.spent + error.asked > error.cap) return;
      } else errors.add(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
      await new Promise((resolve) => setTimeout(resolve, 20 + random.next() * 60));
    }
  }
}

async function call(): Promise<void> {
  const messages = [{ role: 'user' as const, content: 'one two three four' }];
  const params = { model: 'gpt-4o-mini', max_completion_tokens: MAX_OUTPUT, messages };
  const choice = random.next();
  if (choice < 0.5) {
    await openai.chat.completions.create(params);
    return;
  }
  const stream = await openai.chat.completions.create({ ...params, stream: true });
  let left = unruly && choice > 0.75 ? Math.floor(random.next() * 6) : Infinity;
  for await (const _chunk of stream) if (--left < 0) break;
}
