import type { Call } from './call.ts';
import type { Handler } from './plugin.ts';
import type { Reply } from './reply.ts';

/**
 * Asks a handler. One that throws at once, or answers with no promise, is heard like one that takes its time, so
 * that a unit can go on with `then`: the frame of an async function is held for as long as the provider thinks, and
 * weighs several times what a callback does.
 */
export function ask(handler: Handler, call: Call): Promise<Reply> {
  try {
    return Promise.resolve(handler(call));
  } catch (error) {
    return Promise.reject(error);
  }
}
