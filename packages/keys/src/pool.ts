import type { Call, Clock, Failure } from '@interpose/core';
import type { Credential } from './key.ts';
import { PooledKey } from './pooled-key.ts';
import type { Choose } from './strategies.ts';

/** How long keys rest, in milliseconds. */
export interface Rests {
  /** After a 429 that does not say. */
  readonly cooldownMs: number;
  /** With a quota that is spent. */
  readonly quotaCooldownMs: number;
  /** When the provider refused them. */
  readonly retirementMs: number;
}

/** What a failure made of a key. */
export interface Rested {
  readonly reason: 'rate_limited' | 'quota_exhausted' | 'retired';
  readonly ms: number;
}

/** The keys of one layer. */
export class Pool {
  readonly #clock: Clock;
  readonly #choose: Choose;
  readonly #rests: Rests;
  #keys: readonly PooledKey[] = [];

  constructor(clock: Clock, choose: Choose, rests: Rests) {
    this.#clock = clock;
    this.#choose = choose;
    this.#rests = rests;
  }

  get size(): number {
    return this.#keys.length;
  }

  /** How many rest, and how many of these were refused by the provider. */
  get resting(): { readonly cooling: number; readonly retired: number } {
    const now = this.#clock.monotonic();
    const resting = this.#keys.filter((key) => !key.isAvailable(now));
    const retired = resting.filter((key) => key.retired).length;
    return { cooling: resting.length - retired, retired };
  }

  /** Takes these keys for the pool. Of those that stay, it is known what became of them. */
  fill(credentials: readonly Credential[]): { readonly added: number; readonly removed: number } {
    const known = new Map(this.#keys.map((key) => [key.credential.hash, key]));
    const keys = credentials.map((credential) => {
      const key = known.get(credential.hash) ?? new PooledKey(credential);
      key.credential = credential;
      return key;
    });
    const stayed = credentials.filter(({ hash }) => known.has(hash)).length;
    const changes = { added: keys.length - stayed, removed: this.#keys.length - stayed };
    this.#keys = keys;
    return changes;
  }

  /** The key for a call; undefined where all rest. */
  take(call: Call): PooledKey | undefined {
    const now = this.#clock.monotonic();
    const available = this.#keys.filter((key) => key.isAvailable(now));
    return available.length === 0 ? undefined : this.#choose(available, call);
  }

  /** The key that is of use again first, of those that the provider did not refuse. */
  earliest(): PooledKey | undefined {
    return this.#keys
      .filter((key) => !(key.retired && !key.isAvailable(this.#clock.monotonic())))
      .toSorted((a, b) => a.restsUntil - b.restsUntil)[0];
  }

  /**
   * How long until a key is of use that the provider did not refuse: 0 where one is now, undefined where there is none.
   */
  waitMs(): number | undefined {
    const key = this.earliest();
    return key && Math.max(0, key.restsUntil - this.#clock.monotonic());
  }

  /** Lets a key rest, if that is what a failure asks for. */
  failed(key: PooledKey, { kind, retryAfterMs }: Failure): Rested | undefined {
    const { cooldownMs, quotaCooldownMs, retirementMs } = this.#rests;
    switch (kind) {
      case 'rate_limited':
        return this.#rest(key, { reason: kind, ms: retryAfterMs ?? cooldownMs });
      case 'quota_exhausted':
        return this.#rest(key, { reason: kind, ms: Math.max(quotaCooldownMs, retryAfterMs ?? 0) });
      case 'authentication':
        key.retired = true;
        return this.#rest(key, { reason: 'retired', ms: retirementMs });
      default:
        return undefined;
    }
  }

  /** A key worked, so that it is not one that the provider refuses. */
  worked(key: PooledKey): void {
    if (key.isAvailable(this.#clock.monotonic())) key.retired = false;
  }

  #rest(key: PooledKey, rested: Rested): Rested {
    // Calls that are under way together may hear of different waits.
    key.restsUntil = Math.max(key.restsUntil, this.#clock.monotonic() + rested.ms);
    return rested;
  }
}
