import { LEDGER, type Ledger } from '@interpose/budget';
import {
  CLOCK,
  ConfigurationError,
  LIFETIME,
  LOGGER,
  RANDOM,
  checkOptions,
  consoleLogger,
  milliseconds,
  option,
  systemClock,
  systemRandom,
  type Clock,
  type Duration,
  type Logger,
  type Plugin,
  type Random,
} from '@interpose/core';
import { borrowed, connect, type RedisClient } from './connection.ts';
import { ledgerOver } from './ledger.ts';

/** Options of {@link redis} and {@link redisLedger}: either `url` or `client`. */
export interface RedisOptions {
  /** Where the server is: `redis://` or, over TLS, `rediss://user:password@host:6379/0`. */
  url?: string;
  /** A connected client of the application's own, in place of `url`. It is not closed. */
  client?: RedisClient;
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

/**
 * Provides stores in Redis to the units of a layer: the books of a budget (`LEDGER`). The connection is opened when
 * the layer is built with a unit that wants one, and ends with the layer.
 *
 * @throws {ConfigurationError} for a wrong option; never for a server that is not there.
 */
export function redis(options: RedisOptions): Plugin {
  const settings = read(options);
  return {
    name: 'redis',
    register(container) {
      let ledger: Ledger | undefined;
      container.register(LEDGER, {
        // Asked for once the layer's services are known; the same one each time.
        useFactory: (container) => {
          if (ledger) return ledger;
          const clock = container.resolve(CLOCK);
          const opened = open(settings, clock, container.resolve(LOGGER), container.resolve(RANDOM));
          container.resolve(LIFETIME).onClose(() => opened.close?.());
          return (ledger = opened);
        },
      });
    },
    describe: () => ({
      server: settings.client ? 'a client of the application' : shown(settings.url),
      prefix: settings.prefix,
      commandTimeout: settings.commandTimeout,
    }),
  };
}

/**
 * Opens the books in Redis outside of a layer: for reports, or to share them among layers. Close them in the end.
 *
 * @throws {ConfigurationError} for a wrong option; never for a server that is not there.
 */
export function redisLedger(options: RedisOptions, services: RedisServices = {}): Ledger {
  const { clock = systemClock, logger = consoleLogger, random = systemRandom } = services;
  return open(read(options), clock, logger, random);
}

interface Settings {
  readonly url: string;
  readonly client: RedisClient | undefined;
  readonly prefix: string;
  readonly commandTimeout: number;
}

function open(settings: Settings, clock: Clock, logger: Logger, random: Random): Ledger {
  const { url, client, prefix, commandTimeout } = settings;
  const connection = client ? borrowed(client) : connect(url, clock, random);
  return ledgerOver({ connection, prefix, commandTimeout, clock, logger });
}

function read(options: RedisOptions): Settings {
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
  if (client !== undefined && !isClient(client)) {
    throw wrong('client must have evalSha and eval, as one of node-redis has');
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

function isClient(client: unknown): boolean {
  if (typeof client !== 'object' || client === null) return false;
  const { evalSha, eval: evaluate } = client as Partial<RedisClient>;
  return typeof evalSha === 'function' && typeof evaluate === 'function';
}

/** A URL without who connects. */
function shown(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
