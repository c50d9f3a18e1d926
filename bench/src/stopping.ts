import { budget, memoryLedger } from '@interpose/budget';
import type { StackEntry } from '@interpose/core';
import { interpose, layerOf } from '@interpose/openai';
import { stop, type StopOptions } from '@interpose/stop';
import { fakeProvider } from '@interpose/testing';
import { transport } from '@interpose/transport';
import OpenAI from 'openai';

const CALLS = 50;
// A fast model, so that the run is short; a slower one writes less on a connection that is being closed.
const TOKEN_MS = 1;

const words = (count: number): string => Array.from({ length: count }, (_, word) => ` w${word}`).join('');
const TEXTS = {
  'an answer of 40 tokens, then 360 that explain it': `<answer>${words(35)}</answer>${words(360)}`,
  'JSON of 60 tokens, then 340 about it': `{"names":["${words(54)}"]}${words(340)}`,
} as const;

const WHEN: Readonly<Record<keyof typeof TEXTS, StopOptions['when']>> = {
  'an answer of 40 tokens, then 360 that explain it': '</answer>',
  'JSON of 60 tokens, then 340 about it': { json: 'whole' },
};

/** Counts what an early stop saves: the tokens that the provider wrote, by its own ledger. */
export async function reportStopping(): Promise<string> {
  const lines = [
    `Early stop: output tokens of ${CALLS} streams over HTTP, as the provider wrote them and as the budget settled them`,
  ];
  for (const [name, text] of Object.entries(TEXTS) as [keyof typeof TEXTS, string][]) {
    const whole = await run(text, []);
    const stopped = await run(text, [stop({ when: WHEN[name] })]);
    const saved = 100 * (1 - stopped.written / whole.written);
    lines.push(
      `  ${name}`,
      `    read to its end  ${figures(whole)}`,
      `    stop()           ${figures(stopped)}  |  ${saved.toFixed(1)} % fewer tokens, ${(whole.ms / stopped.ms).toFixed(1)} times as fast`,
    );
  }
  return lines.join('\n');
}

interface Run {
  readonly written: number;
  readonly settled: number;
  readonly ms: number;
}

async function run(text: string, stack: readonly StackEntry[]): Promise<Run> {
  await using provider = await fakeProvider({ replies: { text, drip: TOKEN_MS } });
  const ledger = memoryLedger();
  const books = budget({
    ledger,
    limits: [{ per: 'all', tokens: 1e9, every: 'ever' }],
    unknownModel: 'allow',
  });
  const bare = new OpenAI({ baseURL: provider.baseURL, apiKey: 'bench' });
  const openai = interpose(bare, [...stack, books, transport()]);
  const start = performance.now();
  await Promise.all(
    Array.from({ length: CALLS }, async () => {
      const messages = [{ role: 'user' as const, content: 'hello' }];
      const stream = await openai.chat.completions.create({ model: 'bench', messages, stream: true });
      for await (const _ of stream);
    }),
  );
  const ms = performance.now() - start;
  while (provider.requests.some(({ status }) => status === 'open')) await new Promise(setImmediate);
  await layerOf(openai)?.close();
  const [spent] = await ledger.spend({});
  const written = provider.ledger.entries.reduce((sum, { outputTokens }) => sum + outputTokens, 0);
  return { written, settled: spent?.outputTokens ?? 0, ms };
}

function figures({ written, settled, ms }: Run): string {
  return `${String(written).padStart(6)} written  ${String(settled).padStart(6)} settled  ${(ms / CALLS).toFixed(1).padStart(6)} ms a call`;
}
