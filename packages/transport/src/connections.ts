import type { Clock } from '@interpose/core';
import { Agent, EnvHttpProxyAgent, Pool, type Dispatcher } from 'undici';
import type { Proxies } from './proxy.ts';
import type { Tls } from './tls.ts';

/** What {@link Connections} are made with; spans of time in milliseconds. */
export interface ConnectionSettings {
  /** Per origin; undefined for as many as there are calls. */
  readonly connections: number | undefined;
  readonly keepAlive: number;
  readonly connectTimeout: number;
  readonly headersTimeout: number;
  readonly bodyTimeout: number;
  readonly http2: boolean;
  readonly tls: Tls | undefined;
}

/** The connections of one layer, made when they are needed. */
export class Connections {
  readonly dispatcher: Dispatcher;
  // An agent forgets its pools when it is asked to close; for breaking them off they are kept here.
  readonly #pools = new Set<Pool>();

  constructor(settings: ConnectionSettings, proxies: Proxies | undefined) {
    const { connections, keepAlive, connectTimeout, headersTimeout, bodyTimeout, http2, tls } = settings;
    const target = { ...tls, ...(http2 && { preferH2: true }) };
    const options = {
      allowH2: http2,
      connectTimeout,
      headersTimeout,
      bodyTimeout,
      // undici knows no zero here; without pipelining there is no keep-alive.
      ...(keepAlive > 0 ? { keepAliveTimeout: keepAlive } : { pipelining: 0 }),
      ...(connections !== undefined && { connections }),
      connect: target,
      factory: (origin: string | URL, opts: object) => this.#open(origin, opts),
    };
    this.dispatcher = proxies
      ? new EnvHttpProxyAgent({
          ...options,
          clientFactory: (origin: string | URL, opts: object) => this.#open(origin, opts),
          // An empty address stands for none; leaving it out would send undici to the environment.
          httpProxy: proxies.http ?? '',
          httpsProxy: proxies.https ?? '',
          ...(proxies.except !== undefined && { noProxy: proxies.except }),
          requestTls: target,
          ...(tls?.ca !== undefined && { proxyTls: { ca: tls.ca } }),
        })
      : new Agent(options);
  }

  /** Lets what is under way end within `grace` milliseconds, then breaks it off. */
  async close(grace: number, clock: Clock): Promise<void> {
    const closed = new AbortController();
    void this.dispatcher.close().then(() => closed.abort());
    // Ends early, by throwing, when everything has closed by itself.
    await clock.sleep(grace, closed.signal).catch(() => {});
    await Promise.all([...this.#pools].map((pool) => pool.destroy()));
  }

  #open(origin: string | URL, options: object): Pool {
    for (const pool of this.#pools) if (pool.destroyed) this.#pools.delete(pool);
    const pool = new Pool(origin, options);
    this.#pools.add(pool);
    return pool;
  }
}
