/** Measures the heap of one process; see memory.ts. */
import OpenAI from 'openai';
import { interpose } from '@interpose/openai';
import { plainCall } from './calls.ts';
import type { MemoryResult } from './memory.ts';
import { STACKS, inProcess } from './subjects.ts';

const IN_FLIGHT = 512;
const STEPS = 5;
const calls = Number(process.argv[2]);
const run = plainCall(1000);
const client = inProcess('log + retry');

const heap: number[] = [];
for (let step = 0; step < STEPS; step++) {
  for (let done = 0; done < calls / STEPS; done += IN_FLIGHT) {
    await Promise.all(Array.from({ length: IN_FLIGHT }, () => run(client)));
  }
  heap.push(await used());
}
const result: MemoryResult = {
  heap,
  calls,
  perCallBare: await perCall(bare),
  perCallNoops: await perCall((fetch) => layered('7 no-ops', fetch)),
  perCallReal: await perCall((fetch) => layered('log + retry', fetch)),
};
process.send?.(result);
process.disconnect?.();

function bare(fetch: () => Promise<Response>): OpenAI {
  return new OpenAI({ baseURL: 'http://bench.invalid/v1', apiKey: 'bench', fetch });
}

function layered(stack: '7 no-ops' | 'log + retry', fetch: () => Promise<Response>): OpenAI {
  return interpose(bare(fetch), STACKS[stack]());
}

/** Heap that a call takes while it waits for its answer. */
async function perCall(make: (fetch: () => Promise<Response>) => OpenAI): Promise<number> {
  const waiting: ((response: Response) => void)[] = [];
  const client = make(() => new Promise((resolve) => waiting.push(resolve)));
  const many = IN_FLIGHT * 8;
  const before = await used();
  const all = Array.from({ length: many }, () => run(client));
  while (waiting.length < many) await new Promise((resolve) => setImmediate(resolve));
  const after = await used();
  for (const answer of waiting) {
    answer(
      new Response('{"choices":[{"message":{"content":"x"}}]}', {
        headers: { 'content-type': 'application/json' },
      }),
    );
  }
  await Promise.all(all);
  return (after - before) / many;
}

async function used(): Promise<number> {
  for (let round = 0; round < 4; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}
