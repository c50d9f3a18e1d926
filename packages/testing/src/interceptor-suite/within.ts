import { fail } from 'node:assert';
import { setImmediate, setTimeout } from 'node:timers';
import { unwatched } from './watch-timers.ts';

/**
 * Waits for something that has to happen soon.
 *
 * @param ms how long, in milliseconds. @default 1000
 * @throws {AssertionError} with `message` when it takes longer; what `work` throws, when it does.
 */
export async function within<T>(work: Promise<T>, message: string, ms: number = 1000): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = unwatched(() => setTimeout(resolve, ms, 'late'));
  });
  const done = work.then((value) => ({ value }));
  try {
    const first = await Promise.race([done, late]);
    return first === 'late' ? fail(message) : first.value;
  } finally {
    clearTimeout(timer);
  }
}

/** Lets everything run that is ready to, a few times over. */
export async function turns(count: number = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Waits until something holds, at most a second. Returns whether it does. */
export async function soon(holds: () => boolean): Promise<boolean> {
  const end = performance.now() + 1000;
  while (!holds()) {
    if (performance.now() > end) return false;
    await turns(1);
  }
  return true;
}

/** Tells the suite's own verdict from an error that it looks at. */
export function isVerdict(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === 'ERR_ASSERTION';
}
