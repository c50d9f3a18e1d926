/** Runs one case in a fresh process and sends what it found to its parent. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type OpenAI from 'openai';
import { jsonCall, jsonStreamCall, plainCall, streamedCall, type RunCall } from './calls.ts';
import { CASES, type Case } from './cases.ts';
import { paired, type Paired } from './paired.ts';
import { inProcess, overHttp } from './subjects.ts';

const given = CASES.find(({ id }) => id === process.argv[2]);
if (!given) throw new Error(`bench: no case ${process.argv[2]}`);
process.send?.(await (given.where === 'in process' ? runInProcess(given) : runOverHttp(given)));
process.disconnect?.();

function runInProcess({ call, characters, stack }: Case): Promise<Paired> {
  const run = callOf(call, characters);
  const [a, b] = [inProcess('bare'), inProcess(stack)];
  const per = call.endsWith('stream') || characters > 200_000 ? 10 : 50;
  return paired(
    () => run(a),
    () => run(b),
    { per, blocks: 60 },
  );
}

async function runOverHttp({ where, call, characters, stack, fast = false }: Case): Promise<Paired> {
  const provider = fork(new URL('./provider.child.ts', import.meta.url), { execArgv: process.execArgv });
  const [{ baseURL }] = (await once(provider, 'message')) as [{ baseURL: string }];
  const run = callOf(call, characters);
  const [a, b] = [overHttp('bare', baseURL, false), overHttp(stack, baseURL, fast)];
  const inFlight = where === 'HTTP at 512' ? 512 : where === 'HTTP at 64' ? 64 : 1;
  // So many callers, each with the next call as soon as it has the answer to the last.
  const each = inFlight === 1 ? 50 : inFlight === 64 ? 16 : 4;
  const callers = (client: OpenAI) => async (): Promise<void> => {
    const caller = async (): Promise<void> => {
      for (let call = 0; call < each; call++) await run(client);
    };
    await Promise.all(Array.from({ length: inFlight }, caller));
  };
  try {
    const result = await paired(callers(a), callers(b), { per: 1, blocks: 30 });
    return { ...result, baseMicros: result.baseMicros / (inFlight * each) };
  } finally {
    provider.disconnect();
  }
}

function callOf(call: Case['call'], characters: number): RunCall {
  switch (call) {
    case 'plain':
      return plainCall(characters);
    case 'stream':
      return streamedCall(characters);
    case 'JSON':
      return jsonCall;
    case 'JSON stream':
      return jsonStreamCall;
  }
}
