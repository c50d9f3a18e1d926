import { CLOCK, TOKEN_COUNTER, ask, type Call, type Plugin, type Reply } from '@interpose/core';
import { tokenCounter } from '@interpose/tokens';
import { guardSettings, type GuardOptions } from './guard-options.ts';
import { described } from './describe.ts';
import { Guarding } from './guarding.ts';
import { rulesOf } from './policy.ts';

/**
 * Holds calls to rules before they are sent: which models may be asked, how long they may be, what they must have and may
 * not have, who may instruct the model, and what checks find in their texts. A call that breaks one is refused, mended, or
 * told of.
 *
 * @throws {ConfigurationError} for a wrong option.
 * Calls reject with {@link GuardError} when a rule refuses them, and with `FaultError` when a check breaks, unless
 * `onFault` is `open`.
 */
export function guard(options: GuardOptions): Plugin {
  const settings = guardSettings(options);
  const { policies, onFault } = settings;
  return {
    name: 'guard',
    stage: 'protect',
    // That of its checks is its own business; whatever else breaks, no call passes unguarded.
    onFault: 'closed',
    describe: () => ({ onFault, policies: policies.map(described) }),
    create(container) {
      const counter = container.isRegistered(TOKEN_COUNTER, true)
        ? container.resolve(TOKEN_COUNTER)
        : tokenCounter();
      const services = { counter, clock: container.resolve(CLOCK), checkTimeoutMs: settings.checkTimeoutMs };
      const rules = rulesOf(policies, services);
      return (next) => {
        if (rules.length === 0) return next;
        const guarding = new Guarding(settings, rules);
        const send = (call: Call): Promise<Reply> => ask(next, call);
        return function guard(call) {
          const guarded = guarding.guarded(call);
          return guarded instanceof Promise ? guarded.then(send) : next(guarded);
        };
      };
    },
  };
}
