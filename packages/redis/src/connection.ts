import { within, type Clock, type Random } from '@interpose/core';
import { createClient } from '@redis/client';
import { RedisError, redisErrorOf } from './error.ts';

/** What a script is called with. */
export interface ScriptCall {
  readonly keys: string[];
  readonly arguments: string[];
}

/** What a client that is handed in has to offer: one of node-redis does, single, pooled or of a cluster. */
export interface RedisClient {
  evalSha(sha: string, call: ScriptCall): Promise<unknown>;
  eval(script: string, call: ScriptCall): Promise<unknown>;
  /** Asked for by a cache alone: the same client, with answers as they are told, here as {@link BytesClient}. */
  withTypeMapping?(types: Readonly<Record<number, unknown>>): unknown;
}

/** What a client has to offer for a cache, once its answers are bytes. */
export interface BytesClient {
  get(key: string): Promise<Uint8Array | null>;
  set(key: string, bytes: Buffer, options: { readonly PX: number }): Promise<unknown>;
  del(key: string): Promise<unknown>;
}

/** What a client that is handed in for vectors has to offer: one of node-redis does, single or pooled. */
export interface RedisCommands {
  sendCommand(args: (string | Buffer)[]): Promise<unknown>;
}

/** A way to a server that is there, or will be. */
export interface Connection<C = RedisClient> {
  /**
   * The client, once it is connected; waits for it until the signal aborts.
   *
   * @param atOnce does not wait any longer when an attempt to connect fails, and throws why.
   */
  client(signal: AbortSignal, atOnce?: boolean): Promise<C>;
  /** Why there is none at present. */
  problem(): RedisError;
  /** Told when something is sent, when an answer came, and when none came in time. */
  asked(): void;
  heard(): void;
  missed(): void;
  /** Ends it after the commands under way, or after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

// Longer than a server takes that is merely slow; a handshake over TLS included.
const SILENCE_MS = 3000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/** A client of somebody else's: it is used as it is, and neither connected nor closed. */
export function borrowed<C>(client: C): Connection<C> {
  const nothing = (): void => {};
  return {
    client: () => Promise.resolve(client),
    problem: () => new RedisError('no connection', 'redis_unavailable'),
    asked: nothing,
    heard: nothing,
    missed: nothing,
    close: () => Promise.resolve(),
  };
}

/**
 * Opens a connection and keeps it up. The client's own reconnecting is off: its pauses would outlive a `close`,
 * and it holds on to a connection whose other end is gone without a word.
 */
export function connect(url: string, clock: Clock, random: Random): Connection<OwnClient> {
  const closing = new AbortController();
  const waiting: Waiting = new Set();
  let client: ReturnType<typeof open> | undefined;
  let problem: unknown = new Error('still connecting');
  let drop = (): void => {};
  /** Since when something is asked and nothing was heard. */
  let silentSince: number | undefined;

  async function keepUp(): Promise<void> {
    for (let failures = 0; !closing.signal.aborted; failures++) {
      const fresh = open(url);
      fresh.on('error', (error) => {
        problem = error;
      });
      const lost = new Promise<void>((resolve) => {
        drop = resolve;
        fresh.on('terminated', () => resolve());
        fresh.on('end', () => resolve());
      });
      try {
        const slow = (): Error => new Error('the server accepts, but does not answer');
        const limit = { clock, ms: SILENCE_MS, late: slow };
        await within(limit, () => Promise.race([fresh.connect(), lost]));
        if (fresh.isReady && !closing.signal.aborted) {
          failures = 0;
          silentSince = undefined;
          client = fresh;
          for (const { wake } of waiting) wake(fresh);
          await lost;
        }
      } catch (error) {
        problem = error;
      }
      // Where it is closed, `close` lets the commands under way come to their end first.
      if (!closing.signal.aborted || client !== fresh) fresh.destroy();
      client = undefined;
      for (const { fail } of waiting) fail?.(redisErrorOf(problem));
      await clock.sleep(pause(failures), closing.signal).catch(() => {});
    }
  }

  /** Longer each time, and not the same for all processes that lost the same server. */
  function pause(failures: number): number {
    const longest = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
    return longest * (0.5 + random.next() / 2);
  }

  void keepUp();

  return {
    async client(signal, atOnce = false) {
      if (closing.signal.aborted) throw new RedisError('it is closed', 'redis_unavailable');
      return client ?? (await next(waiting, signal, atOnce));
    },
    problem: () => redisErrorOf(problem),
    asked() {
      silentSince ??= clock.monotonic();
    },
    heard() {
      silentSince = undefined;
    },
    missed() {
      if (silentSince === undefined || clock.monotonic() - silentSince < SILENCE_MS) return;
      problem = new Error('the server did not answer any more');
      client?.destroy();
    },
    async close(graceMs) {
      const last = client;
      closing.abort();
      drop();
      if (!last) return;
      const limit = { clock, ms: graceMs, late: () => new Error('late') };
      await within(limit, () => last.close()).catch(() => {});
      last.destroy();
    },
  };
}

function open(url: string) {
  return createClient({
    url,
    // The older protocol, so that an older server gets as far as to be told that it is too old.
    RESP: 2,
    maintNotifications: 'disabled',
    disableOfflineQueue: true,
    socket: { reconnectStrategy: false, connectTimeout: SILENCE_MS },
  });
}

/** Of a connection of this package's own. */
type OwnClient = RedisClient & RedisCommands;

interface Waiter {
  readonly wake: (client: OwnClient) => void;
  /** Told when an attempt failed. Without it, the next one may do. */
  readonly fail?: (problem: RedisError) => void;
}

type Waiting = Set<Waiter>;

/** The next client that there is; throws the signal's reason, and `atOnce` why there is none. */
function next(waiting: Waiting, signal: AbortSignal, atOnce: boolean): Promise<OwnClient> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      waiting.delete(waiter);
      signal.removeEventListener('abort', stop);
    };
    const wake = (client: OwnClient): void => {
      end();
      resolve(client);
    };
    const fail = (problem: RedisError): void => {
      end();
      reject(problem);
    };
    const stop = (): void => {
      end();
      reject(signal.reason as Error);
    };
    const waiter: Waiter = { wake, ...(atOnce && { fail }) };
    waiting.add(waiter);
    signal.addEventListener('abort', stop, { once: true });
  });
}
