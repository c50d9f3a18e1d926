import { CLOCK, LIFETIME, RANDOM, ask, type Call, type Plugin, type Reply } from '@interpose/core';
import { breakerSettings, type BreakerOptions } from './breaker-options.ts';
import { BREAKER_STORE } from './breaker-store.ts';
import { Circuits, type Pass, type TargetState } from './circuits.ts';
import { memoryBreakerStore } from './memory-breaker-store.ts';

/** What `breaker` returns: a plugin that can be asked how its targets are. */
export interface BreakerPlugin extends Plugin {
  /** The targets that are not closed, in all layers of the plugin, as far as this process knows. */
  states(): readonly TargetState[];
}

/**
 * Leaves a target alone that fails again and again, and lets single calls find out whether it is well again. A stream that
 * stalls or breaks after its first content counts as well.
 *
 * @throws {ConfigurationError} for a wrong option.
 * Calls reject with {@link BreakerOpenError} while their target is left alone. Without a word from the store they go.
 */
export function breaker(options: BreakerOptions = {}): BreakerPlugin {
  const settings = breakerSettings(options);
  const layers = new Set<WeakRef<Circuits>>();

  return {
    name: 'breaker',
    stage: 'recover',
    onFault: settings.onFault,
    describe: settings.describe,
    states: () => [...layers].flatMap((layer) => layer.deref()?.states() ?? []),
    create(container) {
      const clock = container.resolve(CLOCK);
      const shared = container.isRegistered(BREAKER_STORE, true)
        ? container.resolve(BREAKER_STORE)
        : undefined;
      const store = settings.store ?? shared ?? memoryBreakerStore(clock);
      const circuits = new Circuits(settings, store, clock, container.resolve(RANDOM));
      const layer = new WeakRef(circuits);
      layers.add(layer);
      container.resolve(LIFETIME).onClose(() => void layers.delete(layer));

      return (next) => {
        const send = (call: Call, pass: Pass | undefined): Promise<Reply> => {
          if (!pass) return ask(next, call);
          return ask(next, call).then(
            (reply) => {
              void reply.outcome.then((outcome) => circuits.ended(pass, outcome));
              return reply;
            },
            (error: unknown) => {
              circuits.failed(pass, error);
              throw error;
            },
          );
        };

        return function breaker(call) {
          return circuits.enter(call).then((pass) => send(call, pass));
        };
      };
    },
  };
}
