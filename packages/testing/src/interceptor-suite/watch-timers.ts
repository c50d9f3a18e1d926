import { AsyncLocalStorage, createHook } from 'node:async_hooks';

// A channel for what runs at the moment, not state: it holds nothing outside a `watchTimers`.
const watching = new AsyncLocalStorage<Set<number> | undefined>();

/**
 * Counts the timers that `run`, and all that follows from it, has started and that still run. Those that the
 * rest of the process starts are not counted; those that do not keep a process alive are.
 */
export async function watchTimers(run: (running: () => number) => Promise<void>): Promise<void> {
  const timers = new Set<number>();
  const hook = createHook({
    init(id, type) {
      if (type === 'Timeout' && watching.getStore() === timers) timers.add(id);
    },
    destroy(id) {
      timers.delete(id);
    },
  });
  hook.enable();
  try {
    await watching.run(timers, () => run(() => timers.size));
  } finally {
    hook.disable();
  }
}

/** Starts something of the suite's own, which is not counted. */
export function unwatched<T>(start: () => T): T {
  return watching.run(undefined, start);
}
