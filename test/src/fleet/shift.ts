/** Where the processes of a fleet count: one place for all, or each for itself. */
export type Place =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'redis'; readonly url: string; readonly prefix: string }
  | { readonly kind: 'memory' };

/** What a worker is to do. */
export interface Shift {
  readonly place: Place;
  /** Calls in any window. */
  readonly limit: number;
  readonly everyMs: number;
  /** Calls that it always has under way or waiting. */
  readonly callers: number;
}

/** One call that the store let go: when, by its own time, and by which rule. In microseconds. */
export interface Grant {
  readonly at: number;
  readonly costUs: number;
  readonly burstUs: number;
}

/** What a worker tells in the end. */
export interface Log {
  readonly grants: readonly Grant[];
  /** How long the store took for each take, in milliseconds. */
  readonly takes: readonly number[];
  /** What calls failed with. */
  readonly errors: readonly string[];
}

/** What a worker is told: a shift, and when it begins and ends. */
export type Order = Shift | 'go' | 'stop';
