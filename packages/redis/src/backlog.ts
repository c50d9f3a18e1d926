import type { Clock, Logger } from '@interpose/core';
import { redisErrorOf, type RedisError } from './error.ts';

/** Keeps what has to reach the server, and brings it there once the server can be reached. */
export interface Backlog<T> {
  add(item: T): void;
  /** Brings what it can, as long as all goes well, and reports the rest as lost. */
  close(): Promise<void>;
}

/** How a backlog is made. */
export interface BacklogOptions<T> {
  /** Brings one item there. May be called again with the same one. */
  readonly send: (item: T) => Promise<unknown>;
  /** What items are called in the log: `settlements`. */
  readonly what: string;
  /** What more than this many wait, the oldest are given up for. */
  readonly capacity: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/** Makes an empty backlog. It logs a warning when something has to wait, and an error for all that is lost. */
export function backlog<T>({ send, what, capacity, clock, logger }: BacklogOptions<T>): Backlog<T> {
  const items: T[] = [];
  const closing = new AbortController();
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (items.length > 0) {
      const failed = await trySend(items[0] as T);
      if (!failed) pause = FIRST_PAUSE_MS;
      if (failed?.transient) {
        if (closing.signal.aborted) return;
        await clock.sleep(pause, closing.signal).catch(() => {});
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      } else {
        items.shift();
        if (failed) lost(1, failed.code);
      }
    }
  }

  async function trySend(item: T): Promise<RedisError | undefined> {
    try {
      await send(item);
      return undefined;
    } catch (error) {
      return redisErrorOf(error);
    }
  }

  function lost(count: number, reason: string): void {
    logger.error({ count, reason }, `interpose: redis gave up ${count} ${what}`);
  }

  return {
    add(item) {
      if (closing.signal.aborted) {
        lost(1, 'closed');
        return;
      }
      if (items.push(item) > capacity) {
        // Not the first: it may be under way.
        items.splice(1, 1);
        lost(1, 'too many');
      }
      if (working) return;
      logger.warn({}, `interpose: ${what} wait for redis`);
      working = work().finally(() => {
        working = undefined;
      });
    },
    async close() {
      closing.abort();
      await working;
      if (items.length > 0) lost(items.splice(0).length, 'closed');
    },
  };
}
