import { contextKey, type ContextKey } from './context.ts';
import type { Reply } from './reply.ts';

/** The trace that a call is part of, by the ids of W3C Trace Context: lower-case hexadecimal. */
export interface TraceIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** Where a unit sends a call instead of where it was going. */
export interface Detour {
  /** What it is for: `fallback` after a failure, `hedge` beside a slow one, `route` by choice. */
  readonly kind: 'fallback' | 'hedge' | 'route';
  /** Where it goes, as the unit's options name it: a model, a region. */
  readonly target: string;
  /**
   * Whether it goes to another server or account with credentials of its own, or none: whoever hands out credentials
   * leaves it alone. @default false
   */
  readonly ownCredentials?: boolean;
  /** Whether it goes where the call was going by itself: a second try beside the first. @default false */
  readonly same?: boolean;
}

/** Set by whoever traces a call, for logs and the like to show. */
export const traceIds: ContextKey<TraceIds | undefined> = contextKey<TraceIds | undefined>(
  undefined,
  'trace ids',
);

/**
 * Set by whoever bounds a call in time: when it has to be over, in milliseconds of the monotonic clock. Nothing within waits
 * for longer, and nothing is begun that could only begin later; `Infinity` where there is no bound.
 */
export const deadline: ContextKey<number> = contextKey(Infinity, 'deadline');

/** Set on the calls that a unit sends elsewhere. */
export const detour: ContextKey<Detour | undefined> = contextKey<Detour | undefined>(undefined, 'detour');

/**
 * Set by whoever has to know what a reply used: a stream that tells it on request only is then asked, and what it
 * sends for that alone is counted and taken out again.
 */
export const usageWanted: ContextKey<boolean> = contextKey(false, 'usage wanted');

/**
 * Set by whoever has to change replies before any unit further in sees them: given each one that comes from the provider,
 * as it comes. What a unit keeps, compares or throws is then made of the changed one.
 */
export const arrived: ContextKey<((reply: Reply) => Reply | Promise<Reply>) | undefined> = contextKey<
  ((reply: Reply) => Reply | Promise<Reply>) | undefined
>(undefined, 'arrived');

/** The header of a reply that names the target of the {@link Detour} that it came by. */
export const ANSWERED_BY = 'x-interpose-answered-by';
