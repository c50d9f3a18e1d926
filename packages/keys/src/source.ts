import { abortable, within, type Call, type Clock } from '@interpose/core';
import { credentialsOf, type Credential, type KeyList } from './key.ts';
import { KeySourceError } from './keys-error.ts';

/** Where keys come from: a vault, a service, a file. Asked anew from time to time. */
export type KeySource = (args: {
  /** Aborts when it takes too long, and when the layer is closed. */
  readonly signal: AbortSignal;
}) => KeyList | Promise<KeyList>;

/** How a {@link Refresher} works. */
export interface RefresherOptions {
  readonly source: KeySource;
  readonly clock: Clock;
  readonly refreshMs: number;
  readonly timeoutMs: number;
  /** Takes what the source gave. @param call the one for which it was asked */
  readonly fill: (credentials: readonly Credential[], call: Call) => void;
  /** Hears of what went wrong. */
  readonly failed: (error: KeySourceError, call: Call) => void;
}

// After a failure, and when keys are wanted at once, the source is asked no sooner than this.
const LEAST_MS = 1000;
const AFTER_FAILURE_MS = 30_000;

/** Asks a source for keys when calls come and what is known is old; never by a timer of its own. */
export class Refresher {
  readonly #options: RefresherOptions;
  readonly #closing = new AbortController();
  #asking: Promise<void> | undefined;
  #filled = false;
  /** Why it gave none when it was last asked. */
  #error: KeySourceError | undefined;
  #askedAt = -Infinity;
  #dueAt = -Infinity;

  constructor(options: RefresherOptions) {
    this.#options = options;
  }

  /**
   * Waits for the first keys; later on asks for others on the side, when that is due.
   *
   * @throws {KeySourceError} when there are none yet; the signal's reason when it aborts.
   */
  ready(call: Call): Promise<void> | undefined {
    if (this.#filled) {
      if (this.#options.clock.monotonic() >= this.#dueAt) this.soon(call);
      return undefined;
    }
    if (this.#error && !this.#asking && !this.#mayAsk()) return Promise.reject(this.#error);
    return abortable(this.#ask(call), call.signal);
  }

  /** Asks on the side: what is known goes on being used, also when that fails. */
  soon(call: Call): void {
    if (this.#mayAsk()) this.#ask(call).catch(() => {});
  }

  /** Asks, and waits for it, where it was not asked just now. A failure leaves what is known. */
  async now(call: Call): Promise<void> {
    if (!this.#asking && !this.#mayAsk()) return;
    await abortable(
      this.#ask(call).catch(() => {}),
      call.signal,
    );
  }

  close(): void {
    this.#closing.abort(new KeySourceError('the layer is closed'));
  }

  #mayAsk(): boolean {
    return !this.#asking && this.#options.clock.monotonic() - this.#askedAt >= LEAST_MS;
  }

  #ask(call: Call): Promise<void> {
    return (this.#asking ??= this.#load(call).finally(() => (this.#asking = undefined)));
  }

  async #load(call: Call): Promise<void> {
    const { source, clock, refreshMs, timeoutMs: ms, fill, failed } = this.#options;
    const { signal } = this.#closing;
    const late = (): Error => new KeySourceError(`it took longer than ${ms} ms`);
    this.#askedAt = clock.monotonic();
    try {
      const list = await within({ clock, ms, late, signal }, (either) =>
        abortable(source({ signal: either }), signal),
      );
      fill(credentialsOf(list, 'what the source gave'), call);
      this.#filled = true;
      this.#dueAt = clock.monotonic() + refreshMs;
    } catch (thrown) {
      this.#dueAt = clock.monotonic() + Math.min(refreshMs, AFTER_FAILURE_MS);
      this.#error = KeySourceError.of(thrown);
      failed(this.#error, call);
      throw this.#error;
    }
  }
}
