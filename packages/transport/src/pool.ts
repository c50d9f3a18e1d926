import type { Clock } from '@interpose/core';
import { Agent, EnvHttpProxyAgent, type Dispatcher } from 'undici';
import type { Proxies } from './proxy.ts';
import type { Tls } from './tls.ts';

/** What a pool is opened with; spans of time in milliseconds. */
export interface PoolSettings {
  /** Per origin; undefined for as many as there are calls. */
  readonly connections: number | undefined;
  readonly keepAlive: number;
  readonly connectTimeout: number;
  readonly headersTimeout: number;
  readonly bodyTimeout: number;
  readonly http2: boolean;
  readonly tls: Tls | undefined;
}

/** Opens a pool of connections; they are made when they are needed. */
export function openPool(settings: PoolSettings, proxies: Proxies | undefined): Dispatcher {
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
  };
  if (!proxies) return new Agent(options);
  return new EnvHttpProxyAgent({
    ...options,
    // An empty address stands for none; leaving it out would send undici to the environment.
    httpProxy: proxies.http ?? '',
    httpsProxy: proxies.https ?? '',
    ...(proxies.except !== undefined && { noProxy: proxies.except }),
    requestTls: target,
    ...(tls?.ca !== undefined && { proxyTls: { ca: tls.ca } }),
  });
}

/** Closes a pool: lets what is under way end within `grace` milliseconds, then breaks it off. */
export async function closePool(pool: Dispatcher, grace: number, clock: Clock): Promise<void> {
  const over = new AbortController();
  const closed = pool.close().finally(() => over.abort());
  // Ends early, by throwing, when the pool has closed.
  await clock.sleep(grace, over.signal).catch(() => {});
  await pool.destroy();
  await closed;
}
