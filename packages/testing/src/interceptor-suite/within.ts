import { setImmediate, setTimeout } from 'node:timers';
import { fail } from 'node:assert';

/**
 * Waits for something that has to happen soon.
 *
 * @param ms how long, in milliseconds. @default 1000
 * @throws {AssertionError} with `message` when it takes longer; what `work` throws, when it does.
 */
export async function within<T>(work: Promise<T>, message: string, ms: number = 1000): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, ms, 'late');
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

/** Waits until something holds, at most so many milliseconds. Returns whether it does. */
export async function holdsWithin(ms: number, holds: () => boolean): Promise<boolean> {
  for (let waited = 0; !holds(); waited += 5) {
    if (waited >= ms) return false;
    await new Promise<void>((resolve) => void setTimeout(resolve, 5));
  }
  return true;
}
