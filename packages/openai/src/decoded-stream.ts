import type { StreamEvent } from '@interpose/core';
import { APIError, OpenAIError, type OpenAI } from 'openai';
import { Stream } from 'openai/core/streaming';
import { eventsOf, type Events } from './events-of.ts';

/**
 * Takes the place of the class that the client makes its streams of. Its streams are the client's own
 * (`instanceof Stream`), only that they are fed with events that were decoded once, beneath, instead of bytes
 * to be decoded again. Behaves as `Stream.fromSSEResponse` in everything else, but for events of a name alone:
 * they are none, as the standard has it, where the client takes them for broken JSON.
 */
export class DecodedStream {
  static fromSSEResponse<Item>(
    response: Response,
    controller: AbortController,
    client?: OpenAI,
    synthesizeEventData?: boolean,
    streamMode: 'legacy' | 'events' = 'legacy',
  ): Stream<Item> {
    const source = { consumed: false };
    const mode = { named: synthesizeEventData === true, legacy: streamMode === 'legacy' };
    const iterator = (): AsyncIterator<Item> =>
      new ItemIterator<Item>(response, controller, client, source, mode);
    return new Stream<Item>(iterator, controller, client);
  }
}

/** Shared by all iterators of one stream. */
interface Source {
  /** Whether one of them began to read. */
  consumed: boolean;
}

interface Mode {
  /** Whether each item carries its event's name. */
  readonly named: boolean;
  /** Whether error payloads are thrown. */
  readonly legacy: boolean;
}

/**
 * Hands decoded events out one at a time. A chunk's events cost one promise of the source, not one each.
 * Requests are answered one after the other, as those to a generator are.
 */
class ItemIterator<Item> implements AsyncIterableIterator<Item> {
  readonly #response: Response;
  readonly #controller: AbortController;
  readonly #client: OpenAI | undefined;
  readonly #source: Source;
  readonly #mode: Mode;
  #events: Events | undefined;
  #batch: readonly StreamEvent[] = [];
  #position = 0;
  #started = false;
  #finished = false;
  #stop: (() => void) | undefined;
  /** Whether a request is being answered, how many wait behind it, and the last of them. */
  #running = false;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    response: Response,
    controller: AbortController,
    client: OpenAI | undefined,
    source: Source,
    mode: Mode,
  ) {
    this.#response = response;
    this.#controller = controller;
    this.#client = client;
    this.#source = source;
    this.#mode = mode;
  }

  next(): Promise<IteratorResult<Item>> {
    return this.#running || this.#waiting > 0 ? this.#turn(() => this.#next()) : this.#next();
  }

  return(value?: Item): Promise<IteratorResult<Item>> {
    return this.#turn(async () => {
      await this.#leave();
      return { value: value as Item, done: true };
    });
  }

  throw(error: unknown): Promise<IteratorResult<Item>> {
    return this.#turn(async () => {
      const quiet = this.#started && !this.#finished && this.#isAbort(error);
      await this.#leave();
      if (quiet) return END;
      throw error;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #turn<T>(step: () => Promise<T>): Promise<T> {
    if (!this.#running && this.#waiting === 0) return step();
    this.#waiting++;
    const turn = (): Promise<T> => {
      this.#waiting--;
      return step();
    };
    const waiting = this.#last.then(turn, turn);
    this.#last = waiting;
    return waiting;
  }

  #next(): Promise<IteratorResult<Item>> {
    // The common case makes do without an async function: the event is at hand.
    if (this.#position < this.#batch.length && !this.#finished && !this.#controller.signal.aborted) {
      const event = this.#batch[this.#position] as StreamEvent;
      if (!event.done && event.type === undefined) {
        const item = event.json as (Item & { error?: unknown }) | undefined | null;
        if (item !== undefined && item !== null && !item.error && !this.#mode.named) {
          this.#position++;
          return Promise.resolve({ value: item, done: false });
        }
      }
    }
    const read = this.#read();
    this.#last = read;
    return read;
  }

  async #read(): Promise<IteratorResult<Item>> {
    if (this.#finished) return END;
    if (!this.#started) this.#start();
    this.#running = true;
    try {
      this.#events ??= this.#open();
      for (;;) {
        if (this.#controller.signal.aborted) break;
        const event = this.#batch[this.#position];
        if (!event) {
          this.#position = 0;
          const batch = await this.#events.next();
          if (!batch || this.#controller.signal.aborted) break;
          this.#batch = batch;
          continue;
        }
        this.#position++;
        if (event.done) {
          await this.#end();
          return END;
        }
        return { value: this.#item(event), done: false };
      }
      // The provider's end of the stream is its end; an abort is quiet, as the client has it.
      await this.#end();
      return END;
    } catch (error) {
      const quiet = this.#isAbort(error);
      this.#controller.abort();
      await this.#end();
      if (quiet) return END;
      throw error;
    } finally {
      this.#running = false;
    }
  }

  #start(): void {
    if (this.#source.consumed) {
      this.#finished = true;
      throw new OpenAIError('Cannot iterate over a consumed stream, use `.tee()` to split the stream.');
    }
    this.#started = true;
    this.#source.consumed = true;
  }

  /** Ends the reading early; nothing that was not begun is ended. */
  async #leave(): Promise<void> {
    if (this.#started && !this.#finished) {
      // Abort first: ending the body may wait for a provider that has stalled.
      this.#controller.abort();
      await this.#end();
    }
    this.#finished = true;
  }

  #item(event: StreamEvent): Item {
    const data = event.json as { error?: unknown } | null | undefined;
    if (!event.wellFormed) {
      this.#log('Could not parse message into JSON:');
      this.#log('From chunk:');
      throw new SyntaxError('Error reading response: malformed server-sent event JSON.');
    }
    const name = event.type ?? null;
    if (this.#mode.legacy) {
      if (name?.startsWith('thread.')) return { event: name, data } as Item;
      if (name === 'error') throw this.#apiError(data?.error ?? data);
      if (data?.error) throw this.#apiError(data.error);
    }
    return (this.#mode.named ? { event: name, data } : data) as Item;
  }

  #apiError(error: unknown): APIError {
    return new APIError(undefined, error as object, undefined, this.#response.headers);
  }

  #log(message: string): void {
    const { logger, logLevel } = this.#client ?? { logger: console, logLevel: 'error' };
    if (logLevel !== 'off') logger.error(message);
  }

  #isAbort(error: unknown): boolean {
    if (error instanceof APIError) return false;
    const { signal } = this.#controller;
    return (error as Error | null)?.name === 'AbortError' || (signal.aborted && error === signal.reason);
  }

  #open(): Events {
    const events = eventsOf(this.#response);
    if (!events) {
      this.#controller.abort();
      throw new OpenAIError('Attempted to iterate over a response with no body');
    }
    const { signal } = this.#controller;
    const stop = (): void => void events.cancel(signal.reason).catch(() => {});
    signal.addEventListener('abort', stop, { once: true });
    this.#stop = () => signal.removeEventListener('abort', stop);
    return events;
  }

  async #end(): Promise<void> {
    this.#finished = true;
    this.#batch = [];
    this.#stop?.();
    // A body that was read to its end ignores this; one that was not gives its connection back.
    const cancelled = this.#events?.cancel().catch(() => {});
    if (!this.#controller.signal.aborted) await cancelled;
  }
}

const END: IteratorReturnResult<undefined> = { value: undefined, done: true };
