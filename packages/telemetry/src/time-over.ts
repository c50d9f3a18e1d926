import type { Clock, TimeLimit } from '@interpose/core';

/** What work that takes too long is told to have failed of. */
export class TimeOver extends Error {
  override readonly name = 'TimeOver';

  constructor(ms: number) {
    super(`not done within ${ms} ms`);
  }
}

/** That something takes no longer than `ms` milliseconds, or is a {@link TimeOver}. */
export function limitOf(clock: Clock, ms: number): TimeLimit {
  return { clock, ms, late: () => new TimeOver(ms) };
}
