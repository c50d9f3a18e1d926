import { CLOCK, LIFETIME, type Plugin } from '@interpose/core';
import { CacheKeys, IGNORED_PARAMS } from '../cache-key.ts';
import { CACHE_STORE } from '../cache-store.ts';
import { controlOf } from '../control.ts';
import { digestOf } from '../digest.ts';
import { GuardedStore } from '../guarded-store.ts';
import { memoryCacheStore } from '../memory-cache-store.ts';
import { Partitions } from '../partition.ts';
import { Embedder } from './embedder.ts';
import { memoryVectorIndex } from './memory-vector-index.ts';
import { questionOf } from './question.ts';
import { semanticSettings, type SemanticCacheOptions } from './semantic-options.ts';
import { SemanticReuse } from './semantic-reuse.ts';
import { SemanticShelf } from './semantic-shelf.ts';
import { VECTOR_INDEX } from './vector-index.ts';

const NAME = 'semantic-cache';

/**
 * Answers a question with what one that means about the same was answered. Similar is only the last user turn, by its
 * embedding; all else of the two requests is the same. It guesses: read when not to use it before it is used.
 *
 * @throws {ConfigurationError} for a wrong option, or without a `threshold`.
 * Calls reject with {@link PartitionError} when they name no tenant where others do, and with {@link ConfigurationError}
 * where `embed` is needed and not given. What fails of the cache itself is a miss.
 */
export function semanticCache(options: SemanticCacheOptions): Plugin {
  const settings = semanticSettings(options);
  const { decides, partition, perCredential, maxCharacters, storeTimeoutMs } = settings;

  return {
    name: NAME,
    stage: 'reuse',
    describe: settings.describe,
    create(container) {
      const clock = container.resolve(CLOCK);
      const common = container.isRegistered(CACHE_STORE, true) ? container.resolve(CACHE_STORE) : undefined;
      const given = settings.store ?? common;
      // An index that processes share is of no use to those that do not share the answers.
      const shared =
        given && container.isRegistered(VECTOR_INDEX, true) ? container.resolve(VECTOR_INDEX) : undefined;
      const shelf = new SemanticShelf({
        store: new GuardedStore(given ?? memoryCacheStore({ clock }), clock, storeTimeoutMs, NAME),
        index: settings.index ?? shared ?? memoryVectorIndex({ clock }),
        clock,
        codec: settings.codec,
        timeoutMs: storeTimeoutMs,
        unit: NAME,
      });
      const { embed, model, dimensions, embedTimeoutMs: timeoutMs } = settings;
      const embedder = new Embedder({ embed, model, dimensions, timeoutMs, unit: NAME }, clock);
      const reuse = new SemanticReuse({ settings, embedder, shelf, clock, unit: NAME });
      // Vectors of two models have nothing in common.
      const space = [embed ? 'custom' : 'provider', model, dimensions ?? null];
      const walls = new CacheKeys({
        identity: ({ call }) => [NAME, space, wallOf(call.params)],
        perCredential,
      });
      const partitions = new Partitions(partition);
      container.resolve(LIFETIME).onClose(() => shelf.close());

      return (next) =>
        async function semanticCache(call) {
          const control = controlOf(call);
          if (control.mode === 'bypass') return next(call);
          const question = questionOf(call);
          if (!question || question.text.length > maxCharacters || !decides(call)) return next(call);
          const wall = walls.of(call.with({ params: question.rest }), partitions.of(call));
          if (wall === undefined) return next(call);
          const { text } = question;
          const id = digestOf([NAME, wall, text], text.length) as string;
          return reuse.answer({ call, text, wall, id, control }, next);
        };
    },
  };
}

function wallOf(params: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(params).filter(([name]) => !IGNORED_PARAMS.includes(name)));
}
