import type { Clock } from './clock.ts';
import { InterposeError } from './error.ts';
import type { Failure, FailureKind } from './failure.ts';
import type { Operation } from './operations/operation.ts';
import { ReplyError } from './reply-error.ts';
import type { Settlement } from './settlement.ts';

/** What a reply's body needs to know of its surroundings. */
export interface BodyContext {
  readonly clock: Clock;
  readonly operation: Operation;
  readonly signal: AbortSignal;
  readonly settlement: Settlement;
  /** Kinds of failure that end the body with a {@link ReplyError} instead of what the platform throws. */
  readonly failOn: ReadonlySet<FailureKind>;
  /** Tells events that count, but are not handed on. */
  readonly isExtra: ((data: unknown) => boolean) | undefined;
}

/** What a body ends with that broke. An error of this project says by itself what it stands for. */
export function endOf(error: unknown, failure: Failure, { failOn, settlement }: BodyContext): unknown {
  return failOn.has(failure.kind) && !(error instanceof InterposeError)
    ? new ReplyError(failure, settlement.outputCharacters)
    : error;
}

/** Settles a reply that a unit ends, or that broke. */
export function settleFailed({ settlement }: BodyContext, failure: Failure): void {
  settlement.settle(failure.kind === 'aborted' ? 'aborted' : 'failed', failure);
}
