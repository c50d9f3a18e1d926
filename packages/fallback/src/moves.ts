import { findInterposeError, type Call, type FailedTry, type FailureKind } from '@interpose/core';
import type { Place, TargetFailure } from './fallback-options.ts';

/** Kinds that the same account answers alike for every model. */
const OF_THE_ACCOUNT: ReadonlySet<FailureKind> = new Set(['authentication', 'quota_exhausted']);

/** Kinds that are about the call, wherever it goes. */
const OF_THE_CALL: ReadonlySet<FailureKind> = new Set([
  'aborted',
  'content_filter',
  'invalid_output',
  'invalid_request',
]);

/** Whether a target may answer a call that failed, as far as the failures tell. */
export function mayHeal(
  place: Place,
  call: Call,
  { failure, thrown }: FailedTry,
  failures: readonly TargetFailure[],
): boolean {
  const { kind } = failure;
  // What is too long for one is too long for all that are not marked, whatever happened since.
  if (failures.some((one) => one.failure.kind === 'context_length') && !place.longerContext) return false;
  if (OF_THE_CALL.has(kind)) return false;
  if (OF_THE_ACCOUNT.has(kind)) return place.leaves(call);
  // A budget's refusal stands. That of a breaker, or of a pool of keys, is about where the call was going.
  if (kind === 'refused') return findInterposeError(thrown)?.elsewhere === true;
  return true;
}
