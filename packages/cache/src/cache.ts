import { CLOCK, LIFETIME, RANDOM, type Plugin } from '@interpose/core';
import { skipped } from './cache-events.ts';
import { CacheKeys } from './cache-key.ts';
import { cacheSettings, type CacheOptions } from './cache-options.ts';
import { CACHE_STORE } from './cache-store.ts';
import { controlOf } from './control.ts';
import { GuardedStore } from './guarded-store.ts';
import { memoryCacheStore } from './memory-cache-store.ts';
import { Partitions } from './partition.ts';
import { Reuse } from './reuse.ts';

/**
 * Answers calls with what identical ones were answered: those of before, and those that are under way. Plain or
 * streamed, whichever way it was asked before.
 *
 * @throws {ConfigurationError} for a wrong option.
 * Calls reject with {@link PartitionError} when they name no tenant where others do. A store that fails is a miss.
 */
export function cache(options: CacheOptions = {}): Plugin {
  const settings = cacheSettings(options);
  const { decides, keyRules, partition, storeTimeoutMs } = settings;

  return {
    name: 'cache',
    stage: 'reuse',
    describe: settings.describe,
    create(container) {
      const clock = container.resolve(CLOCK);
      const shared = container.isRegistered(CACHE_STORE, true) ? container.resolve(CACHE_STORE) : undefined;
      const store = new GuardedStore(
        settings.store ?? shared ?? memoryCacheStore({ clock }),
        clock,
        storeTimeoutMs,
      );
      const reuse = new Reuse({ settings, store, clock, random: container.resolve(RANDOM) });
      const keys = new CacheKeys(keyRules);
      const partitions = new Partitions(partition);
      container.resolve(LIFETIME).onClose(() => reuse.close());

      return (next) =>
        async function cache(call) {
          const control = controlOf(call);
          if (control.mode === 'bypass') return next(call);
          // Words that were given a key before were decided on before, unless somebody else decides.
          const known = keys.recall(call);
          if (!(known && settings.decidesByWords) && !decides(call)) return next(call);
          const key = keys.of(call, partitions.of(call), known);
          if (key !== undefined) return reuse.answer({ call, key, control }, next);
          const { events } = call.runtime;
          if (events.active) events.emit(skipped, 'cache', call, { reason: 'not_json' });
          return next(call);
        };
    },
  };
}
