import {
  CLOCK,
  LIFETIME,
  TOKEN_COUNTER,
  abortable,
  ask,
  usageWanted,
  type Plugin,
  type Reply,
} from '@interpose/core';
import { estimate } from './estimate.ts';
import { Gate, type Pass } from './gate.ts';
import { limitSettings, type LimitOptions } from './limit-options.ts';
import { LIMIT_STORE } from './limit-store.ts';
import { memoryLimitStore } from './memory-limit-store.ts';

/**
 * Lets calls go no faster than limits allow, its own and the provider's. Those that have to wait do so in a fair queue.
 *
 * @throws {ConfigurationError} for a wrong option.
 * Calls reject with {@link LimitExceededError} when they would have to wait for longer than `maxWait`, and with
 * `FaultError` when the store fails, unless `onFault` is `open`.
 */
export function limit(options: LimitOptions = {}): Plugin {
  const settings = limitSettings(options);
  const { requests, tokens, concurrency, adaptive, onFault } = settings;
  const idle = !requests && !tokens && concurrency === undefined && !adaptive;

  return {
    name: 'limit',
    stage: 'spend',
    onFault,
    describe: settings.describe,
    create(container) {
      const clock = container.resolve(CLOCK);
      const shared = container.isRegistered(LIMIT_STORE, true) ? container.resolve(LIMIT_STORE) : undefined;
      const counter = container.isRegistered(TOKEN_COUNTER, true)
        ? container.resolve(TOKEN_COUNTER)
        : undefined;
      const gate = new Gate(settings, clock, settings.store ?? shared ?? memoryLimitStore(clock));
      container.resolve(LIFETIME).onClose(() => gate.close());

      return (next) => {
        if (idle) return next;

        const send = (pass: Pass): Promise<Reply> => {
          // What a stream used is to be known where tokens are limited.
          const sent = tokens ? pass.call.with({ context: [[usageWanted, true]] }) : pass.call;
          return ask(next, sent).then(
            (reply) => gate.answered(pass, reply),
            (error: unknown) => {
              gate.failed(pass, error);
              throw error;
            },
          );
        };

        return function limit(call) {
          const expected = estimate(call, tokens && { counter });
          if (typeof expected === 'number') return gate.enter(call, expected).then(send);
          return abortable(expected, call.signal)
            .then((counted) => gate.enter(call, counted))
            .then(send);
        };
      };
    },
  };
}
