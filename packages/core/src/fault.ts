import { InterposeError, findInterposeError } from './error.ts';
import { faulted, type Events } from './events.ts';
import type { Handler, Interceptor, Plugin } from './plugin.ts';
import { Reply } from './reply.ts';

/** A unit that must not be skipped broke, so the call was not made. */
export class FaultError extends InterposeError {
  override readonly name = 'FaultError';
  /** The plugin whose machinery broke. */
  readonly unit: string;

  constructor(unit: string, cause: unknown) {
    super(`${unit} broke, and it is set to refuse calls when it does (onFault: 'closed')`, {
      code: 'unit_fault',
      status: 500,
      cause,
    });
    this.unit = unit;
  }
}

/**
 * Applies a plugin's `onFault` to its interceptor. A fault is an error of the unit's own: not one that came
 * from further in, not a refusal, not the caller's abort.
 */
export function withFaultRule(plugin: Plugin, interceptor: Interceptor, events: Events): Interceptor {
  const rule = plugin.onFault;
  if (rule === undefined) return interceptor;
  return (next) => {
    return async (call) => {
      const inner = new Set<unknown>();
      let reply: Reply | undefined;
      const watched: Handler = async (changed) => {
        try {
          return (reply = await next(changed));
        } catch (error) {
          inner.add(error);
          throw error;
        }
      };
      try {
        return await interceptor(watched)(call);
      } catch (error) {
        if (inner.has(error) || findInterposeError(error) || call.signal.aborted) throw error;
        if (events.active) events.emit(faulted, plugin.name, call, { error, open: rule === 'open' });
        if (rule === 'closed') {
          await reply?.cancel(error);
          throw new FaultError(plugin.name, error);
        }
        // What the provider answered already was paid for: it is the answer, not asked for again.
        return reply ?? next(call);
      }
    };
  };
}
