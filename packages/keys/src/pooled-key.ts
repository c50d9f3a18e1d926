import type { Credential } from './key.ts';

/** A key of the pool, and what became of it. Calls that hold it finish with it, also when it is in the pool no more. */
export class PooledKey {
  credential: Credential;
  /** Calls that are under way with it. */
  underWay = 0;
  /** Calls that it was given to. */
  uses = 0;
  /** For turns by weight: how far it is behind its share. */
  credit = 0;
  /** When it is of use again, on the monotonic clock. */
  restsUntil: number = -Infinity;
  /** Whether the provider refused it: then it rests until it may be tried again. */
  retired = false;

  constructor(credential: Credential) {
    this.credential = credential;
  }

  isAvailable(now: number): boolean {
    return this.restsUntil <= now;
  }
}
