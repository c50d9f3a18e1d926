import type { BreakerStore } from '@interpose/breaker';
import type { Ledger } from '@interpose/budget';
import type { CacheStore } from '@interpose/cache';
import { ConfigurationError } from '@interpose/core';
import type { LimitStore } from '@interpose/limit';
import { breakerStoreOver } from './breaker-store.ts';
import { cacheStoreOver } from './cache-store.ts';
import { borrowed, connect, type Connection } from './connection.ts';
import { ledgerOver } from './ledger.ts';
import { limitStoreOver } from './limit-store.ts';
import type { RedisServices, Settings } from './options.ts';
import { scripts, type Scripts } from './script.ts';

/** The stores over one connection, each made when it is first asked for. */
export class Stores {
  readonly #settings: Settings;
  readonly #services: Required<RedisServices>;
  readonly #connection: Connection;
  readonly #server: Scripts;
  #ledger: Ledger | undefined;
  #limits: LimitStore | undefined;
  #cache: CacheStore | undefined;
  #breakers: BreakerStore | undefined;

  constructor(settings: Settings, services: Required<RedisServices>) {
    const { url, client, commandTimeout } = settings;
    const { clock, random } = services;
    this.#settings = settings;
    this.#services = services;
    this.#connection = client ? borrowed(client) : connect(url, clock, random);
    this.#server = scripts(this.#connection, clock, commandTimeout);
  }

  get ledger(): Ledger {
    const { prefix } = this.#settings;
    return (this.#ledger ??= ledgerOver({ server: this.#server, prefix, ...this.#services }));
  }

  get limits(): LimitStore {
    return (this.#limits ??= limitStoreOver(this.#server, this.#settings.prefix));
  }

  get breakers(): BreakerStore {
    return (this.#breakers ??= breakerStoreOver(this.#server, this.#settings.prefix));
  }

  /** @throws {ConfigurationError} for a client that was handed in and cannot answer in bytes. */
  get cache(): CacheStore {
    const { client, prefix } = this.#settings;
    if (client && typeof client.withTypeMapping !== 'function') {
      throw new ConfigurationError(
        'redis: client must have withTypeMapping, get, set and del, as one of node-redis has, for a cache',
        'invalid_option',
      );
    }
    return (this.#cache ??= cacheStoreOver(this.#server, prefix));
  }

  /** Ends them, and the connection after the steps under way. */
  async close(): Promise<void> {
    await this.#ledger?.close?.();
    await this.#connection.close(this.#settings.commandTimeout);
  }
}
