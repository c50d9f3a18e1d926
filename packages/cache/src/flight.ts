import { abortable, type Reply } from '@interpose/core';
import type { Entry } from './entry.ts';
import type { Recording } from './recording.ts';

/** What came of asking the provider, for all who wait for it. */
export type Landing =
  /** A stream that has begun. */
  | {
      readonly kind: 'stream';
      readonly reply: Reply;
      readonly recording: Recording;
      /** When it was asked for, by the monotonic clock. */
      readonly startedAt: number;
    }
  /** A whole answer. */
  | { readonly kind: 'whole'; readonly reply: Reply; readonly entry: Entry }
  /** An answer of another process. */
  | { readonly kind: 'entry'; readonly entry: Entry }
  /** The provider's word that it cannot be done. */
  | { readonly kind: 'failed'; readonly reply: Reply; readonly text: string }
  /** Something that only one can have. */
  | { readonly kind: 'unshared'; readonly reply: Reply };

/** One call to the provider that identical calls wait for. It goes on as long as one of them does. */
export class Flight {
  readonly key: string;
  /** Whether it only renews what can be had meanwhile. */
  readonly background: boolean;
  /** Names it among the flights of all processes. */
  readonly holder: string;
  /** Whether a later one is to be believed rather. */
  superseded = false;
  /** When the provider was asked, by the monotonic clock. */
  startedAt = 0;
  /** Of a lease that is held for it: aborts when it is given back. */
  lease: AbortController | undefined;
  readonly #controller = new AbortController();
  #landing: Promise<Landing> | undefined;
  #landed: Landing | undefined;
  #waiting = 0;

  constructor(init: Pick<Flight, 'key' | 'background' | 'holder'>) {
    this.key = init.key;
    this.background = init.background;
    this.holder = init.holder;
  }

  /** Aborts when nobody waits any more. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Begins. */
  start(fly: () => Promise<Landing>): void {
    this.#landing = fly().then((landing) => (this.#landed = landing));
    // Those who wait are told; when all have left there is nobody to tell.
    this.#landing.catch(() => {});
  }

  /**
   * Waits for the landing, no longer than `signal` allows, and takes a share of it.
   *
   * @throws what the flight failed of, or the signal's reason.
   */
  async share<T>(signal: AbortSignal, take: (landing: Landing) => T): Promise<T> {
    this.#waiting++;
    try {
      return take(await abortable(this.#landing as Promise<Landing>, signal));
    } finally {
      this.#waiting--;
      if (this.#waiting === 0) this.#unwanted(signal.reason);
    }
  }

  /** Stops the provider. */
  stop(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** The last who waited has its share, or has left. */
  #unwanted(reason: unknown): void {
    if (!this.#landed) this.stop(reason);
    else if (this.#landed.kind === 'stream') this.#landed.recording.stopUnread(reason);
  }
}
