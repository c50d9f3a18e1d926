import { createHash } from 'node:crypto';
import { within, type Clock } from '@interpose/core';
import type { Connection, RedisClient, ScriptCall } from './connection.ts';
import { RedisError, redisErrorOf } from './error.ts';

/** A program that the server runs as one step. */
export interface Script {
  readonly text: string;
  /** What the server knows it by. */
  readonly sha: string;
}

/** Runs scripts, each within a time. */
export interface Scripts {
  /**
   * @param key names the slot; a script touches only keys that begin with it.
   * @throws {RedisError} also when the time is over.
   */
  run(script: Script, key: string, args: readonly string[]): Promise<readonly string[]>;
  /** The same for what no call waits for: the server may take its time, but a server that is not there is told at once. */
  report(script: Script, key: string, args: readonly string[]): Promise<readonly string[]>;
  /**
   * Sends one plain command, in the same time as a step. An attempt to connect that fails is not followed by a wait for
   * the next.
   *
   * @throws {RedisError} also when the time is over.
   */
  send<T>(command: (client: RedisClient) => Promise<T>): Promise<T>;
}

// A report reads whole days.
const REPORT_TIMEOUT_MS = 10_000;

/** Makes a script of its text in Lua. */
export function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

// Since Redis 7 it is a constant, which asks for no permission.
const VERSION = script(`return { redis.REDIS_VERSION or redis.call('INFO', 'server') }`);

/** Runs scripts over a connection, each within `commandTimeout` milliseconds. */
export function scripts(connection: Connection, clock: Clock, commandTimeout: number): Scripts {
  let supported: Promise<void> | undefined;

  async function evaluate(client: RedisClient, { text, sha }: Script, call: ScriptCall): Promise<unknown> {
    connection.asked();
    try {
      return await client.evalSha(sha, call);
    } catch (error) {
      // The first time, and again after a restart, a failover or a flush: the whole text teaches it.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return await client.eval(text, call);
    } finally {
      connection.heard();
    }
  }

  /** Once; and again as long as it could not be found out. */
  function check(client: RedisClient, key: string): Promise<void> {
    const found = evaluate(client, VERSION, { keys: [key], arguments: [] }).then(checkVersion, (error) => {
      // Redis 6 may keep INFO from this user. Its scripts may still run.
      if (!(error instanceof Error && error.message.includes('executing the script'))) throw error;
    });
    found.catch(() => {
      supported = undefined;
    });
    return (supported = found);
  }

  /** Does what it is told with the client, once there is one. */
  async function timed<T>(
    work: (client: RedisClient) => Promise<T>,
    timeoutMs: number,
    atOnce: boolean,
  ): Promise<T> {
    const over = new AbortController();
    let sent = false;
    const sending = async (): Promise<T> => {
      const client = await connection.client(over.signal, atOnce);
      sent = true;
      return work(client);
    };
    try {
      return await within({ clock, ms: timeoutMs, late: () => late(timeoutMs) }, sending);
    } catch (error) {
      const failed = redisErrorOf(error);
      if (failed.code !== 'redis_timeout') throw failed;
      if (!sent) throw connection.problem();
      connection.missed();
      throw failed;
    } finally {
      over.abort();
    }
  }

  async function run(
    script: Script,
    key: string,
    args: readonly string[],
    timeoutMs: number,
    atOnce: boolean,
  ): Promise<string[]> {
    const work = async (client: RedisClient): Promise<unknown> => {
      await (supported ?? check(client, key));
      return evaluate(client, script, { keys: [key], arguments: [...args] });
    };
    return flat(await timed(work, timeoutMs, atOnce));
  }

  return {
    run: (script, key, args) => run(script, key, args, commandTimeout, false),
    report: (script, key, args) => run(script, key, args, Math.max(REPORT_TIMEOUT_MS, commandTimeout), true),
    send: (command) =>
      timed(
        async (client) => {
          connection.asked();
          try {
            return await command(client);
          } finally {
            connection.heard();
          }
        },
        commandTimeout,
        true,
      ),
  };
}

function late(ms: number): RedisError {
  return new RedisError(`no answer within ${ms} ms; the step may have been done`, 'redis_timeout');
}

function flat(reply: unknown): string[] {
  return (Array.isArray(reply) ? reply : []).map(String);
}

function checkVersion(reply: unknown): void {
  const said = flat(reply)[0] ?? '';
  const version = /redis_version:([\d.]+)/.exec(said)?.[1] ?? said;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 6 || (major === 6 && minor >= 2)) return;
  throw new RedisError(`the server is Redis ${version}; 6.2 or later is needed`, 'redis_unsupported_version');
}
