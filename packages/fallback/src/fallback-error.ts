import { InterposeError, findInterposeError, type FailedTry, type Failure } from '@interpose/core';
import type { TargetFailure } from './fallback-options.ts';

/** No target answered: the primary and all that were asked after it failed. */
export class FallbackError extends InterposeError {
  override readonly name = 'FallbackError';
  declare readonly code: 'all_targets_failed';
  /** Of the last target. */
  declare readonly failure: Failure;
  /** What each failed of, in the order in which they were asked; the first is the primary. */
  readonly failures: readonly TargetFailure[];

  constructor(failures: readonly TargetFailure[], { failure, thrown, reply }: FailedTry) {
    const known = findInterposeError(thrown);
    // A reply with an error status was read to its end and is shown; any other is of no use to anybody.
    const shown = reply?.ok === false ? reply : known?.reply;
    super(`No target answered: ${failures.map(told).join(', ')}`, {
      code: 'all_targets_failed',
      failure,
      cause: thrown,
      status: failure.status ?? known?.status ?? 502,
      ...(shown && { reply: shown }),
    });
    this.failures = failures;
  }
}

function told({ target, failure }: TargetFailure): string {
  return `${target} (${failure.message})`;
}
