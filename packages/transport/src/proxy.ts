import { ConfigurationError } from '@interpose/core';

/** The proxies that requests go through. */
export interface Proxies {
  readonly http: string | undefined;
  readonly https: string | undefined;
  /** Hosts that are asked directly, as in `NO_PROXY`; undefined for what the environment says. */
  readonly except: string | undefined;
}

/**
 * Finds the proxies: the one that the option names for everything, none, or those of the environment
 * (`HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`; the lower-case names win, as in curl).
 *
 * @throws {ConfigurationError} when one of them is no address. The address itself is not in the message: it may
 * hold a password.
 */
export function findProxies(
  option: string | false | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Proxies | undefined {
  if (option === false) return undefined;
  if (option !== undefined) {
    const proxy = checked(option, 'proxy');
    return { http: proxy, https: proxy, except: '' };
  }
  const [http, https] = (['HTTP_PROXY', 'HTTPS_PROXY'] as const).map((name) => {
    const value = environment[name.toLowerCase()] || environment[name];
    return value ? checked(value, name) : undefined;
  });
  return http || https ? { http, https, except: undefined } : undefined;
}

/** An address without its user and password. */
export function withoutCredentials(address: string): string {
  const url = new URL(address);
  return `${url.protocol}//${url.host}`;
}

function checked(value: string, name: string): string {
  const address = value.includes('://') ? value : `http://${value}`;
  const url = URL.parse(address);
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return address;
  throw new ConfigurationError(`transport: ${name} must be the address of an http proxy`, 'invalid_option');
}
