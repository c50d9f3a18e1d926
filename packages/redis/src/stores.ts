import type { Ledger } from '@interpose/budget';
import type { LimitStore } from '@interpose/limit';
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

  /** Ends them, and the connection after the steps under way. */
  async close(): Promise<void> {
    await this.#ledger?.close?.();
    await this.#connection.close(this.#settings.commandTimeout);
  }
}
