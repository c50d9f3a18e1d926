import { BREAKER_STORE, type BreakerStore } from '@interpose/breaker';
import { LEDGER, type Ledger } from '@interpose/budget';
import { CACHE_STORE, type CacheStore } from '@interpose/cache';
import {
  CLOCK,
  LIFETIME,
  LOGGER,
  RANDOM,
  consoleLogger,
  systemClock,
  systemRandom,
  type DependencyContainer,
  type Plugin,
} from '@interpose/core';
import { LIMIT_STORE, type LimitStore } from '@interpose/limit';
import { redisSettings, shown, type RedisOptions, type RedisServices } from './options.ts';
import { Stores } from './stores.ts';

/**
 * Provides stores in Redis to the units of a layer: the books of a budget (`LEDGER`), the counts of limits
 * (`LIMIT_STORE`), what is cached (`CACHE_STORE`) and how targets are (`BREAKER_STORE`). The connection is opened when the layer is built with a unit that wants one, and ends with the layer.
 *
 * @throws {ConfigurationError} for a wrong option; never for a server that is not there.
 */
export function redis(options: RedisOptions): Plugin {
  const settings = redisSettings(options);
  return {
    name: 'redis',
    register(container) {
      let stores: Stores | undefined;
      // Asked for once the layer's services are known; the same ones each time.
      const open = (services: DependencyContainer): Stores => {
        if (stores) return stores;
        const opened = new Stores(settings, {
          clock: services.resolve(CLOCK),
          logger: services.resolve(LOGGER),
          random: services.resolve(RANDOM),
        });
        services.resolve(LIFETIME).onClose(() => opened.close());
        return (stores = opened);
      };
      container.register(LEDGER, { useFactory: (services) => open(services).ledger });
      container.register(LIMIT_STORE, { useFactory: (services) => open(services).limits });
      container.register(BREAKER_STORE, { useFactory: (services) => open(services).breakers });
      container.register(CACHE_STORE, { useFactory: (services) => open(services).cache });
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
  const stores = opened(options, services);
  return { ...stores.ledger, close: () => stores.close() };
}

/**
 * Opens the counts of limits in Redis outside of a layer: to share them among layers, as `limit({ store })`. Close
 * them in the end.
 *
 * @throws {ConfigurationError} for a wrong option; never for a server that is not there.
 */
export function redisLimitStore(options: RedisOptions, services: RedisServices = {}): LimitStore {
  const stores = opened(options, services);
  return { ...stores.limits, close: () => stores.close() };
}

/**
 * Opens a cache in Redis outside of a layer: to have it on a server of its own, or to share it among layers, as
 * `cache({ store })`. Close it in the end.
 *
 * @throws {ConfigurationError} for a wrong option; never for a server that is not there.
 */
export function redisCacheStore(options: RedisOptions, services: RedisServices = {}): CacheStore {
  const stores = opened(options, services);
  return { ...stores.cache, close: () => stores.close() };
}

/**
 * Opens the state of breakers in Redis outside of a layer: to share it among layers, as `breaker({ store })`. Close it in the
 * end.
 *
 * @throws {ConfigurationError} for a wrong option; never for a server that is not there.
 */
export function redisBreakerStore(options: RedisOptions, services: RedisServices = {}): BreakerStore {
  const stores = opened(options, services);
  return { ...stores.breakers, close: () => stores.close() };
}

function opened(options: RedisOptions, services: RedisServices): Stores {
  const { clock = systemClock, logger = consoleLogger, random = systemRandom } = services;
  return new Stores(redisSettings(options), { clock, logger, random });
}
