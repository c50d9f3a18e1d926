import {
  CLOCK,
  PRICES,
  TOKEN_COUNTER,
  provide,
  type Layer,
  type Prices,
  type StackEntry,
  type TokenCounter,
} from '@interpose/core';
import { interpose, layerOf } from '@interpose/openai';
import {
  fakeClock,
  fakeProvider,
  type FakeClock,
  type FakeProvider,
  type ScriptedReply,
} from '@interpose/testing';
import OpenAI from 'openai';
import { budget } from './budget.ts';
import type { Ledger } from './ledger.ts';
import { memoryLedger } from './memory-ledger.ts';
import type { BudgetOptions } from './options.ts';

/** A million nano-USD for a token in, two for one out; of models that begin with `gpt`. */
const prices: Prices = {
  price: (model, { inputTokens, outputTokens }) =>
    model.startsWith('gpt') ? (inputTokens + 2 * outputTokens) * (model.includes('mini') ? 1e6 : 1e7) : null,
};

/** Ten tokens, whatever it is. */
export const counter: TokenCounter = { input: () => 10, text: () => 10 };

/** A call of 10 tokens in and at most 5 out: up to 0.02 USD, or 15 tokens. */
export const HI = {
  model: 'gpt-4o-mini',
  max_completion_tokens: 5,
  messages: [{ role: 'user' as const, content: 'hi' }],
};

/** A client with a budget, over books that a test can look into. */
export interface Bench {
  readonly openai: OpenAI;
  readonly layer: Layer;
  readonly provider: FakeProvider;
  readonly ledger: Ledger;
  readonly clock: FakeClock;
  /** What was posted, in one line for each day, endpoint, tenant and model. */
  readonly report: () => Promise<string[]>;
}

export function bench(
  options: BudgetOptions,
  script: readonly ScriptedReply[] = [],
  around: readonly StackEntry[] = [],
  inside: readonly StackEntry[] = [],
): Bench {
  const clock = fakeClock();
  const ledger = options.ledger ?? memoryLedger(clock);
  const provider = fakeProvider.inProcess({ script: [...script] });
  const bare = new OpenAI({
    baseURL: provider.baseURL,
    apiKey: 'test',
    fetch: provider.fetch,
    maxRetries: 0,
  });
  const openai = interpose(bare, [
    ...around,
    budget({ ...options, ledger }),
    ...inside,
    provide(CLOCK, clock),
    provide(PRICES, prices),
    provide(TOKEN_COUNTER, counter),
  ]);
  return {
    openai,
    layer: layerOf(openai) as Layer,
    provider,
    ledger,
    clock,
    async report() {
      await turn();
      const rows = await ledger.spend({ by: ['day', 'endpoint', 'tenant', 'model'] });
      return rows.map(({ endpoint, tenant, model, calls, inputTokens, outputTokens, cost, unpriced }) => {
        const who = [endpoint, tenant, model].filter(Boolean).join(' ');
        return `${who}: ${calls} calls, ${inputTokens}+${outputTokens} tokens, ${cost / 1e9} USD${unpriced ? `, ${unpriced} unpriced` : ''}`;
      });
    },
  };
}

/** An outcome settles, and is posted, within a few turns of what ends it. */
export async function turn(): Promise<void> {
  for (let round = 0; round < 5; round++) await new Promise((resolve) => setImmediate(resolve));
}

/** Reads a stream to its end, or to the number of chunks. */
export async function read(stream: AsyncIterable<unknown>, most = Infinity): Promise<void> {
  let count = 0;
  for await (const _chunk of stream) if (++count >= most) break;
}
