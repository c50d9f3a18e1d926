import type { Clock } from './clock.ts';
import type { Events } from './events.ts';
import type { FailureKind } from './failure.ts';

/** What a layer lends to the calls and replies that pass through it. */
export interface Runtime {
  readonly clock: Clock;
  readonly events: Events;
  /** Kinds of failure that end a reply's body with a typed error; the union of what the plugins ask for. */
  readonly failOn: ReadonlySet<FailureKind>;
  /** Calls `abandon` once `delivered` can no longer be reached by anybody; until the returned function is called. */
  guard(delivered: object, body: { abandon(): void }): () => void;
}

/** The type of `fetch`, as everything beneath a layer has to be. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** What a request may carry. */
export type Body = NonNullable<RequestInit['body']>;
