import { FaultError, faulted, type Call } from '@interpose/core';

/**
 * Reports that something of others broke, of which an answer's validity depends.
 *
 * @throws {FaultError} where what cannot be judged is not believed.
 */
export function tolerate(error: unknown, call: Call, open: boolean): void {
  const { events } = call.runtime;
  if (events.active) events.emit(faulted, 'validate', call, { error, open });
  if (!open) throw new FaultError('validate', error);
}
