import type { Call } from './call.ts';
import { contextKey } from './context.ts';
import { InterposeError, findInterposeError } from './error.ts';
import { faulted, type Events } from './events.ts';
import type { Handler, Interceptor, Plugin } from './plugin.ts';
import type { Reply } from './reply.ts';

/** A unit that must not be skipped broke, so the call was not made. Its `cause` is why, such as the error of a store that is down. */
export class FaultError extends InterposeError {
  override readonly name = 'FaultError';
  /** The plugin whose machinery broke. */
  readonly unit: string;

  constructor(unit: string, cause: unknown) {
    super(`${unit} broke${wordOf(cause)}, and it is set to refuse calls when it does (onFault: 'closed')`, {
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
  // Errors that came from further in, so that they are not taken for the unit's own.
  const passed = new WeakSet<object>();
  const progress = contextKey<Progress | undefined>(undefined, `${plugin.name} progress`);
  return (next) => {
    const watched: Handler = async (call) => {
      try {
        const beneath = next(call);
        const mine = call.get(progress);
        // A call that was derived from it, for something that the unit has to know, is not the one that is answered.
        if (mine && call.copies(mine.call)) mine.beneath = beneath;
        return await beneath;
      } catch (error) {
        if (typeof error === 'object' && error !== null) passed.add(error);
        throw error;
      }
    };
    const link = interceptor(watched);
    if (typeof link !== 'function') return link;
    return async (call) => {
      const mine: Progress = { call };
      try {
        return await link(call.with({ context: [[progress, mine]] }));
      } catch (error) {
        if (isPassed(passed, error) || findInterposeError(error) || call.signal.aborted) throw error;
        if (events.active) events.emit(faulted, plugin.name, call, { error, open: rule === 'open' });
        // What was asked of the provider is paid for: it is the answer, not asked for again.
        if (rule === 'open') return mine.beneath ?? next(call);
        mine.beneath?.then((reply) => reply.cancel(error)).catch(() => {});
        throw new FaultError(plugin.name, error);
      }
    };
  };
}

/** The code of what broke, in a message. Never its words: they may quote what was sent. */
function wordOf(cause: unknown): string {
  const { code } = Object(cause) as { code?: unknown };
  return typeof code === 'string' && /^\w{1,40}$/.test(code) ? ` (${code})` : '';
}

/** How far one call got through a unit. */
interface Progress {
  readonly call: Call;
  beneath?: Promise<Reply>;
}

/** What is no object cannot be recognised; it is refused further out, and never taken for a fault. */
function isPassed(passed: WeakSet<object>, error: unknown): boolean {
  return typeof error !== 'object' || error === null || passed.has(error);
}
