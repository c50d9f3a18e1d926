import {
  CLOCK,
  FETCH,
  LIFETIME,
  checkOptions,
  milliseconds,
  option,
  type Duration,
  type Plugin,
} from '@interpose/core';
import { Connections } from './connections.ts';
import { pooledFetch } from './pooled-fetch.ts';
import { findProxies, withoutCredentials } from './proxy.ts';
import { checkTls, type Tls } from './tls.ts';

/** Options of {@link transport}. */
export interface TransportOptions {
  /** Connections per origin at most; further calls wait for one. @default as many as there are calls */
  connections?: number;
  /** How long an idle connection is kept, unless the server says; `0` keeps none. @default '30s' */
  keepAlive?: Duration;
  /**
   * The proxy for all requests, or `false` for none. @default what `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say
   * when the layer is built
   */
  proxy?: string | false;
  /** Certificates and their checking. @default the platform's */
  tls?: Tls;
  /** How long making a connection may take; `0` for no limit. @default '10s' */
  connectTimeout?: Duration;
  /** How long a provider may think before it answers; `0` for no limit. @default '10m' */
  headersTimeout?: Duration;
  /** How long a body may be silent while it is read; `0` for no limit. @default '10m' */
  bodyTimeout?: Duration;
  /** How long `layer.close()` waits for replies that are under way. @default '2s' */
  closeTimeout?: Duration;
  /** Whether HTTP/2 is spoken with servers that can. @default false */
  http2?: boolean;
}

/**
 * Provides `FETCH` over a pool of connections of the layer's own, with light responses: several times the calls per
 * second of the platform's `fetch`, and the same behaviour.
 *
 * @throws {ConfigurationError} naming the option that is wrong.
 */
export function transport(options: TransportOptions = {}): Plugin {
  checkOptions('transport', options, {
    connections: option.integer(1),
    keepAlive: option.any,
    proxy: [(v) => typeof v === 'string' || v === false, "an address such as 'http://proxy:8080', or false"],
    tls: option.object,
    connectTimeout: option.any,
    headersTimeout: option.any,
    bodyTimeout: option.any,
    closeTimeout: option.any,
    http2: option.boolean,
  });
  const {
    connections,
    keepAlive = '30s',
    proxy,
    tls,
    connectTimeout = '10s',
    headersTimeout = '10m',
    bodyTimeout = '10m',
    closeTimeout = '2s',
    http2 = false,
  } = options;
  if (tls) checkTls(tls);
  if (proxy) findProxies(proxy, {});
  const settings = {
    connections,
    keepAlive: whole(keepAlive, 'keepAlive'),
    connectTimeout: whole(connectTimeout, 'connectTimeout'),
    headersTimeout: whole(headersTimeout, 'headersTimeout'),
    bodyTimeout: whole(bodyTimeout, 'bodyTimeout'),
    http2,
    tls,
  };
  const grace = whole(closeTimeout, 'closeTimeout');

  return {
    name: 'transport',
    register(container) {
      const pool = new Connections(settings, findProxies(proxy, process.env));
      container.register(FETCH, { useValue: pooledFetch(pool.dispatcher) });
      container.resolve(LIFETIME).onClose(() => pool.close(grace, container.resolve(CLOCK)));
    },
    describe: () => ({
      connections: connections ?? 'unlimited',
      keepAlive,
      proxy: proxy ? withoutCredentials(proxy) : (proxy ?? 'environment'),
      ...(tls && { tls: Object.keys(tls).toSorted() }),
      connectTimeout,
      headersTimeout,
      bodyTimeout,
      closeTimeout,
      http2,
    }),
  };
}

/** Milliseconds as undici wants them: whole ones. */
function whole(duration: Duration, name: string): number {
  return Math.ceil(milliseconds(duration, 'transport', name));
}
