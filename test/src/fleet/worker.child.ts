// One process of a fleet under one rate limit. It is given a shift, then `go`: it calls as fast as it is let, until `stop`.
import 'reflect-metadata';
import { FETCH, controlLayer, provide, refusalOf } from '@interpose/core';
import { limit, memoryLimitStore, type LimitStore } from '@interpose/limit';
import { redisLimitStore } from '@interpose/redis';
import { sqliteLimitStore } from '@interpose/sqlite';
import type { Grant, Log, Order, Place, Shift } from './shift.ts';

const BODY = JSON.stringify({ model: 'text-embedding-3-small', input: 'Good morning' });

let shift: Shift | undefined;
let over = new AbortController();

process.on('message', (order: Order) => {
  if (order === 'go') {
    over = new AbortController();
    if (shift) void work(shift).then((log) => process.send?.(log));
  } else if (order === 'stop') over.abort();
  else {
    shift = order;
    process.send?.('ready');
  }
});
process.send?.('ready');

async function work({ place, limit: most, everyMs, callers }: Shift): Promise<Log> {
  const grants: Grant[] = [];
  const takes: number[] = [];
  const errors = new Set<string>();
  const store = storeOf(place);
  /** Writes down what the store says. */
  const logged: LimitStore = {
    settle: (settlement) => store.settle(settlement),
    renew: (slots, leaseMs) => store.renew(slots, leaseMs),
    async take(request) {
      const began = performance.now();
      const answer = await store.take(request);
      takes.push(performance.now() - began);
      const [rate] = request.rates;
      if (answer.taken && rate) {
        grants.push({ at: Math.round(answer.at * 1000), costUs: rate.costUs, burstUs: rate.burstUs });
      }
      return answer;
    },
  };
  const layer = controlLayer([
    limit({ requests: { limit: most, every: everyMs }, maxWait: '1h', store: logged, adaptive: false }),
    provide(FETCH, async () => Response.json({ object: 'list', data: [] })),
  ]);

  async function caller(): Promise<void> {
    while (!over.signal.aborted) {
      const init = { method: 'POST', body: BODY };
      const response = await layer.fetch('https://api.openai.com/v1/embeddings', init);
      const refusal = refusalOf(response.headers);
      if (refusal) errors.add(`${refusal.name}: ${refusal.message}`);
      await response.text();
    }
  }

  await Promise.all(Array.from({ length: callers }, caller));
  await layer.close();
  await store.close?.();
  return { grants, takes, errors: [...errors] };
}

function storeOf(where: Place): LimitStore {
  if (where.kind === 'memory') return memoryLimitStore();
  return where.kind === 'sqlite'
    ? sqliteLimitStore({ path: where.path })
    : redisLimitStore({ url: where.url, prefix: where.prefix, commandTimeout: '5s' });
}
