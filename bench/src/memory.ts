import { fork } from 'node:child_process';
import { once } from 'node:events';

/** What {@link reportMemory} measures in a fresh process. */
export interface MemoryResult {
  /** Heap in use after garbage collection, in bytes, at even steps of the run. */
  readonly heap: readonly number[];
  readonly calls: number;
  /** Heap that one call in flight takes, in bytes. */
  readonly perCallBare: number;
  readonly perCallNoops: number;
  readonly perCallReal: number;
}

/** Measures the heap over many calls, and what a layer holds for each call in flight. */
export async function reportMemory(calls = 1_000_000): Promise<string> {
  const child = fork(new URL('./memory.child.ts', import.meta.url), [String(calls)], {
    execArgv: [...process.execArgv, '--expose-gc'],
  });
  const [result] = (await once(child, 'message')) as [MemoryResult];
  const heap = result.heap.map((bytes) => (bytes / 1e6).toFixed(1)).join(', ');
  const more = (bytes: number): string => `${(bytes - result.perCallBare).toFixed(0)} B`;
  return [
    `Memory, in process`,
    `  heap over ${result.calls} calls of log + retry, 512 in flight: ${heap} MB  (P7: flat)`,
    `  a call in flight: bare ${result.perCallBare.toFixed(0)} B; beyond that 7 no-ops ${more(result.perCallNoops)}, ` +
      `log + retry ${more(result.perCallReal)}  (P7: at most 2000)`,
  ].join('\n');
}
