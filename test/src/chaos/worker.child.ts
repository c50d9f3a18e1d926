import 'reflect-metadata';
import { BudgetExceededError } from '@interpose/budget';
import { FaultError } from '@interpose/core';
import { layerOf } from '@interpose/openai';
import { seededRandom } from '@interpose/testing';
import { clientOf, limitOf, stored } from './client.ts';
import { ASKED, type Order, type Told } from './order.ts';

// One process of a fleet: makes calls over shared books until these refuse it for good, or until it is killed.
const { baseURL, store, cap, inFlight, seed, unruly, patienceMs } = JSON.parse(
  process.argv[2] ?? '{}',
) as Order;
const random = seededRandom(seed);
const openai = clientOf({ baseURL }, { limits: [limitOf(cap)] }, stored(store, patienceMs));

let faults = 0;
let slowestMs = 0;
const errors = new Set<string>();
await Promise.all(Array.from({ length: inFlight }, lane));
await layerOf(openai)?.close();
const told: Told = { faults, slowestMs, errors: [...errors] };
process.send?.(told, () => process.disconnect());

/** Calls one after the other. What others hold may be given back: only what is spent refuses for good. */
async function lane(): Promise<void> {
  for (;;) {
    const began = performance.now();
    const error = await call().then(
      () => undefined,
      (error: unknown) => error,
    );
    slowestMs = Math.max(slowestMs, performance.now() - began);
    if (error === undefined) continue;
    if (error instanceof BudgetExceededError) {
      if (error.spent + error.asked > error.cap) return;
    } else if (error instanceof FaultError) faults++;
    else errors.add(error instanceof Error ? `${error.name}: ${error.message}` : typeof error);
    await new Promise((resolve) => setTimeout(resolve, 20 + random.next() * 60));
  }
}

async function call(): Promise<void> {
  const choice = random.next();
  if (choice < 0.5) {
    await openai.chat.completions.create(ASKED);
    return;
  }
  const stream = await openai.chat.completions.create({ ...ASKED, stream: true });
  let left = unruly && choice > 0.75 ? Math.floor(random.next() * 6) : Infinity;
  for await (const _chunk of stream) if (--left < 0) break;
}
