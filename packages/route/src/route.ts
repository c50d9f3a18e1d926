import {
  ANSWERED_BY,
  CLOCK,
  ConfigurationError,
  PRICES,
  RANDOM,
  ask,
  classify,
  detour,
  detoured,
  type Call,
  type Handler,
  type Plugin,
  type Reply,
} from '@interpose/core';
import { routeSettings, type RouteOptions } from './route-options.ts';
import { Router, type Decision } from './router.ts';
import type { Ended } from './speeds.ts';

/**
 * Sends each call where it fits: to a smaller model, a cheaper or a faster one, another account or provider. By rules, by what a
 * small model says of it, by the strategy among several, and for a part of the calls as a canary.
 *
 * @throws {ConfigurationError} for a wrong option; when the layer is built, for `cheapest` without prices.
 */
export function route(options: RouteOptions): Plugin {
  const settings = routeSettings(options);

  return {
    name: 'route',
    stage: settings.beforeCache ? 'protect' : 'recover',
    describe: settings.describe,
    create(container) {
      const prices = container.isRegistered(PRICES, true) ? container.resolve(PRICES) : undefined;
      if (settings.strategies.includes('cheapest') && !prices) {
        throw new ConfigurationError(
          "route: the strategy 'cheapest' needs prices; put prices() of @interpose/prices into the stack",
          'no_prices',
        );
      }
      const router = new Router(settings, {
        clock: container.resolve(CLOCK),
        random: container.resolve(RANDOM),
        prices,
      });

      return (next) =>
        function route(call) {
          // Whoever sent it elsewhere knows where it has to go: a fallback must not end up where it came from.
          if (call.get(detour)) return next(call);
          const decision = router.decide(call, next);
          return decision instanceof Promise
            ? decision.then((decided) => follow(router, call, decided, next))
            : follow(router, call, decision, next);
        };
    },
  };
}

function follow(
  { speeds }: Router,
  call: Call,
  decision: Decision | undefined,
  next: Handler,
): Promise<Reply> {
  if (!decision) return ask(next, call);
  const { place, reason } = decision;
  const { name } = place;
  // At once, so that calls that come in one turn see each other.
  const ended = speeds?.sent(name);
  if (!place.moves(call)) return measured(ask(next, call), call, ended);
  const { events } = call.runtime;
  if (events.active) events.emit(detoured, 'route', call, { kind: 'route', target: name, reason });
  const send = async (): Promise<Reply> => next(await place.aim(call, 'route'));
  return measured(send(), call, ended).then((reply) => reply.setHeader(ANSWERED_BY, name));
}

/** Remembers how fast a target was, where anybody goes by that. */
function measured(replied: Promise<Reply>, call: Call, ended: Ended | undefined): Promise<Reply> {
  if (!ended) return replied;
  return replied.then(
    (reply) => {
      void reply.outcome.then(({ firstContentMs, failure }) => {
        const failed = failure?.transient === true;
        // What a cache had is no measure of anybody's speed.
        ended({ failed, firstContentMs: reply.source === 'provider' ? firstContentMs : undefined });
      });
      return reply;
    },
    (error: unknown) => {
      const { kind } = classify(error, call.signal);
      ended({ failed: kind !== 'aborted' && kind !== 'refused' });
      throw error;
    },
  );
}
