import {
  ConfigurationError,
  checkOptions,
  milliseconds,
  option,
  type Clock,
  type Duration,
  type Logger,
  type Random,
} from '@interpose/core';
import type { RedisClient } from './connection.ts';

/** Options of `redis` and of stores that are opened without a layer: either `url` or `client`. */
export interface RedisOptions<C = RedisClient> {
  /** Where the server is: `redis://` or, over TLS, `rediss://user:password@host:6379/0`. */
  url?: string;
  /** A connected client of the application's own, in place of `url`. It is not closed. */
  client?: C;
  /** What all keys begin with, in braces. Applications that share a server have one each. @default 'interpose' */
  prefix?: string;
  /** How long a step may take, connecting included. @default '250ms' */
  commandTimeout?: Duration;
}

/** What the stores get from a layer. */
export interface RedisServices {
  /** @default the clock of the machine */
  readonly clock?: Clock;
  /** Where it is said that settlements wait or were given up. @default the console */
  readonly logger?: Logger;
  /** @default the randomness of the runtime */
  readonly random?: Random;
}

/** Checked options, with their defaults. */
export interface Settings<C = RedisClient> {
  readonly url: string;
  readonly client: C | undefined;
  readonly prefix: string;
  /** In milliseconds. */
  readonly commandTimeout: number;
}

/**
 * Checks options and fills in the defaults.
 *
 * @param methods what a client has to have.
 * @throws {ConfigurationError} for a wrong option.
 */
export function redisSettings<C = RedisClient>(
  options: RedisOptions<C>,
  methods: readonly string[] = ['evalSha', 'eval'],
): Settings<C> {
  checkOptions('redis', options, {
    url: option.any,
    client: option.any,
    prefix: [(v) => typeof v === 'string' && /^[^{}]+$/.test(v), 'a non-empty string without braces'],
    commandTimeout: option.any,
  });
  const { url, client, prefix = 'interpose', commandTimeout = '250ms' } = options;
  if ((url === undefined) === (client === undefined)) throw wrong('give either url or client');
  // None says what it got: there may be a password in it.
  if (client === undefined && !isRedisUrl(url)) {
    throw wrong('url must be like redis://host:6379/0, or rediss:// for TLS');
  }
  if (client !== undefined && !isClient(client, methods)) {
    throw wrong(`client must have ${methods.join(' and ')}, as one of node-redis has`);
  }
  const timeout = milliseconds(commandTimeout, 'redis', 'commandTimeout');
  if (timeout < 1)
    throw ConfigurationError.option('redis', 'commandTimeout', 'at least 1 ms', commandTimeout);
  return { url: url ?? '', client, prefix, commandTimeout: timeout };
}

function wrong(what: string): ConfigurationError {
  return new ConfigurationError(`redis: ${what}`, 'invalid_option');
}

/** What the client would only find out when it connects. */
function isRedisUrl(url: unknown): boolean {
  if (typeof url !== 'string' || !URL.canParse(url)) return false;
  const { protocol, hostname, pathname, username, password } = new URL(url);
  try {
    decodeURIComponent(username + password);
  } catch {
    return false;
  }
  return ['redis:', 'rediss:'].includes(protocol) && hostname !== '' && /^(\/\d*)?$/.test(pathname);
}

function isClient(client: unknown, methods: readonly string[]): boolean {
  if (typeof client !== 'object' || client === null) return false;
  return methods.every((name) => typeof (client as Record<string, unknown>)[name] === 'function');
}

/** A URL without who connects. */
export function shown(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
