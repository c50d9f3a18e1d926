import {
  ask,
  classify,
  deadline,
  faulted,
  Failure,
  waiting,
  type Call,
  type Clock,
  type Handler,
  type Logger,
  type Random,
  type Reply,
} from '@interpose/core';
import { withCredential } from './credentials.ts';
import { keyRests, keysChanged, keyUsed } from './key-events.ts';
import { KeysExhaustedError } from './keys-error.ts';
import type { KeysSettings } from './keys-options.ts';
import { Pool } from './pool.ts';
import type { PooledKey } from './pooled-key.ts';
import { Refresher } from './source.ts';
import { chooserOf } from './strategies.ts';

const UNIT = 'keys';

/** What a {@link Keyring} works with. */
export interface KeyringServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Gives keys to the attempts of one layer, and learns from what becomes of them. */
export class Keyring {
  readonly #settings: KeysSettings;
  readonly #clock: Clock;
  readonly #pool: Pool;
  readonly #refresher: Refresher | undefined;

  constructor(settings: KeysSettings, { clock, random, logger }: KeyringServices) {
    this.#settings = settings;
    this.#clock = clock;
    this.#pool = new Pool(clock, chooserOf(settings.strategy, random), settings.rests);
    const { credentials, source, refreshMs, sourceTimeoutMs: timeoutMs } = settings;
    if (credentials) this.#pool.fill(credentials);
    this.#refresher =
      source &&
      new Refresher({
        source,
        clock,
        refreshMs,
        timeoutMs,
        fill: (list, call) => {
          const changes = this.#pool.fill(list);
          if (changes.added + changes.removed === 0) return;
          call.runtime.events.emit(keysChanged, UNIT, call, { ...changes, size: this.#pool.size });
        },
        failed: (error, call) => {
          const { size } = this.#pool;
          logger.warn(
            { error: error.message, keys: size },
            'keys: the source gave no keys; those that are known stay',
          );
          if (size > 0) call.runtime.events.emit(faulted, UNIT, call, { error, open: true });
        },
      });
  }

  close(): void {
    this.#refresher?.close();
  }

  /**
   * Sends a call with one of the keys.
   *
   * @throws {KeysExhaustedError} when all rest; `KeySourceError` while the source has given none.
   */
  send(call: Call, next: Handler): Promise<Reply> {
    const loading = this.#refresher?.ready(call);
    return loading ? loading.then(() => this.#sent(call, next)) : this.#sent(call, next);
  }

  #sent(call: Call, next: Handler): Promise<Reply> {
    const key = this.#pool.take(call);
    if (key) return this.#sentWith(key, call, next);
    return this.#whenExhausted(call).then((later) => this.#sentWith(later, call, next));
  }

  #sentWith(key: PooledKey, call: Call, next: Handler): Promise<Reply> {
    const { credential } = key;
    const { events } = call.runtime;
    if (events.active) events.emit(keyUsed, UNIT, call, { key: credential.id });
    key.underWay++;
    key.uses++;
    return ask(next, withCredential(call, credential)).then(
      (reply) => this.#answered(reply, key, call),
      (error: unknown) => {
        key.underWay--;
        this.#learn(key, classify(error, call.signal), call);
        throw error;
      },
    );
  }

  #answered(reply: Reply, key: PooledKey, call: Call): Reply | Promise<Reply> {
    void reply.outcome.then(({ status, failure }) => {
      key.underWay--;
      if (status === 'completed') this.#pool.worked(key);
      // Of a stream that began, and then said that it was limited.
      else if (reply.ok && failure) this.#learn(key, failure, call);
    });
    // Failures of servers are no fault of the key.
    return reply.ok || reply.status >= 500 ? reply : this.#judged(reply, key, call);
  }

  /** A reply of which the units further out hear when it is of use to try again, with whatever key that will be. */
  async #judged(reply: Reply, key: PooledKey, call: Call): Promise<Reply> {
    const failure = await reply.failure();
    if (!failure || !this.#learn(key, failure, call)) return reply;
    const waitMs = this.#pool.waitMs();
    if (waitMs === undefined || (failure.transient && waitMs === failure.retryAfterMs)) return reply;
    const { kind, status, code, requestId } = failure;
    reply.judge(
      new Failure(kind, { transient: true, retryAfterMs: waitMs, status, code, requestId, cause: failure }),
    );
    // The same for the client's own retries, where none in the stack are.
    return reply.setHeader('x-should-retry', 'true').setHeader('retry-after-ms', String(Math.ceil(waitMs)));
  }

  /** Lets a key rest, where a failure is its own. */
  #learn(key: PooledKey, failure: Failure, call: Call): boolean {
    const rested = this.#pool.failed(key, failure);
    if (!rested) return false;
    const { events } = call.runtime;
    if (events.active) events.emit(keyRests, UNIT, call, { key: key.credential.id, ...rested });
    // It may have been taken out of use, and have a successor.
    if (rested.reason === 'retired') this.#refresher?.soon(call);
    return true;
  }

  async #whenExhausted(call: Call): Promise<PooledKey> {
    const { onExhausted, maxWaitMs } = this.#settings;
    await this.#refresher?.now(call);
    const until = Math.min(this.#clock.monotonic() + maxWaitMs, call.get(deadline));
    for (;;) {
      const key = this.#pool.take(call);
      if (key) return key;
      const ms = this.#pool.waitMs();
      const earliest = onExhausted === 'earliest' ? this.#pool.earliest() : undefined;
      if (earliest) return earliest;
      if (onExhausted !== 'wait' || ms === undefined || this.#clock.monotonic() + ms > until)
        throw this.#exhausted(ms);
      call.runtime.events.emit(waiting, UNIT, call, { ms, reason: 'keys' });
      await this.#clock.sleep(ms, call.signal);
    }
  }

  #exhausted(retryAfterMs: number | undefined): KeysExhaustedError {
    const { size: keys, resting } = this.#pool;
    return new KeysExhaustedError({ keys, ...resting, retryAfterMs, now: this.#clock.now() });
  }
}
