import { within, type Clock } from '@interpose/core';
import type { Connection, RedisCommands } from './connection.ts';
import { RedisError, redisErrorOf } from './error.ts';

/** Runs commands, each within a time. */
export interface VectorCommands {
  /** Whether the server has vector sets. @throws {RedisError} where that cannot be found out. */
  supported(): Promise<boolean>;
  /** @throws {RedisError} also when the time is over. */
  run(command: (string | Buffer)[]): Promise<unknown>;
  /** The same, of a command that lists. */
  list(command: (string | Buffer)[]): Promise<readonly string[]>;
}

/** Runs commands over a connection, each within `timeoutMs`. @param base what keys begin with */
export function vectorCommands(
  connection: Connection<RedisCommands>,
  clock: Clock,
  timeoutMs: number,
  base: string,
): VectorCommands {
  let found: Promise<boolean> | undefined;

  async function send(command: (string | Buffer)[]): Promise<unknown> {
    const over = new AbortController();
    let sent = false;
    const work = async (): Promise<unknown> => {
      const client = await connection.client(over.signal);
      sent = true;
      connection.asked();
      try {
        return await client.sendCommand(command);
      } finally {
        connection.heard();
      }
    };
    try {
      return await within({ clock, ms: timeoutMs, late: () => late(timeoutMs) }, work);
    } catch (error) {
      if (!(error instanceof RedisError) || error.code !== 'redis_timeout') throw error;
      if (!sent) throw connection.problem();
      connection.missed();
      throw error;
    } finally {
      over.abort();
    }
  }

  async function run(command: (string | Buffer)[]): Promise<unknown> {
    try {
      return await send(command);
    } catch (error) {
      throw redisErrorOf(error);
    }
  }

  async function probe(): Promise<boolean> {
    try {
      // Of no key: it is 0 where there are vector sets.
      await send(['VCARD', `${base}:none`]);
      return true;
    } catch (error) {
      if (error instanceof Error && /^ERR unknown command\b/i.test(error.message)) return false;
      throw redisErrorOf(error);
    }
  }

  return {
    supported() {
      if (found) return found;
      const asked = probe();
      asked.catch(() => {
        found = undefined;
      });
      return (found = asked);
    },
    run,
    async list(command) {
      const reply = await run(command);
      return Array.isArray(reply) ? reply.map(String) : [];
    },
  };
}

function late(ms: number): RedisError {
  return new RedisError(`no answer within ${ms} ms; the step may have been done`, 'redis_timeout');
}
