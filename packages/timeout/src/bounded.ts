import {
  ask,
  eventType,
  type Call,
  type CallChanges,
  type Clock,
  type EventType,
  type Handler,
  type Reply,
} from '@interpose/core';
import { TimeoutError, type ClockName } from './timeout-error.ts';

/** A clock ran out, and ended an attempt or a call. */
export const timedOut: EventType<TimedOut> = eventType('timeout');

/** The data of {@link timedOut}. */
export interface TimedOut {
  readonly clock: ClockName;
  readonly limitMs: number;
  readonly elapsedMs: number;
  /** Characters of text that had come. */
  readonly receivedCharacters: number;
}

/** A call that a clock may end: by its signal in whatever waits for it, and by its reply once there is one. */
export class Bounded {
  readonly #call: Call;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #controller = new AbortController();
  readonly #follow = (): void => this.#controller.abort(this.#call.signal.reason);
  readonly #unit: string;
  #reply: Reply | undefined;
  #stops: (() => void)[] = [];

  /** @param startedAt when what is bounded began, by the monotonic clock. */
  constructor(unit: string, call: Call, clock: Clock, startedAt: number) {
    this.#unit = unit;
    this.#call = call;
    this.#clock = clock;
    this.#startedAt = startedAt;
  }

  /** Has `stop` called when the call is over, in whatever way. To be said before it is sent. */
  onOver(stop: () => void): void {
    this.#stops.push(stop);
  }

  /**
   * Sends the call.
   *
   * @param answered is given the reply, before anybody else sees it.
   * @throws {TimeoutError} when a clock runs out before there is a reply; the signal's reason; what the handler throws.
   */
  send(next: Handler, changes: CallChanges, answered?: (reply: Reply) => void): Promise<Reply> {
    const { signal } = this.#call;
    if (signal.aborted) {
      this.#end();
      return Promise.reject(signal.reason as Error);
    }
    signal.addEventListener('abort', this.#follow, { once: true });
    const own = this.#controller.signal;
    return new Promise((resolve, reject) => {
      // Does not wait for units and transports that do not heed their signal.
      const stop = (): void => {
        this.#end();
        reject(own.reason as Error);
      };
      own.addEventListener('abort', stop, { once: true });
      ask(next, this.#call.with({ ...changes, signal: own })).then(
        (reply) => {
          own.removeEventListener('abort', stop);
          if (own.aborted) {
            void reply.cancel(own.reason);
            return;
          }
          this.#reply = reply;
          void reply.outcome.then(() => this.#end());
          answered?.(reply);
          resolve(reply);
        },
        (error: unknown) => {
          own.removeEventListener('abort', stop);
          this.#end();
          reject(error);
        },
      );
    });
  }

  /** A clock has run out. */
  ring(clock: ClockName, limitMs: number): void {
    // Two clocks may run out at the same moment.
    if (this.#controller.signal.aborted) return;
    const elapsedMs = this.#clock.monotonic() - this.#startedAt;
    const receivedCharacters = this.#reply?.receivedCharacters ?? 0;
    const answered = this.#reply !== undefined;
    const error = new TimeoutError({ clock, limitMs, elapsedMs, answered, receivedCharacters });
    this.#call.runtime.events.emit(timedOut, this.#unit, this.#call, {
      clock,
      limitMs,
      elapsedMs,
      receivedCharacters,
    });
    this.#reply?.fail(error);
    this.#controller.abort(error);
  }

  #end(): void {
    this.#call.signal.removeEventListener('abort', this.#follow);
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }
}
