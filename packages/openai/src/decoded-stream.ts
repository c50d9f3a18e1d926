import { LightResponse, SseDecoder, openBody, type ParsedBody, type StreamEvent } from '@interpose/core';
import { APIError, OpenAIError, type OpenAI } from 'openai';
import { Stream } from 'openai/core/streaming';

/**
 * Takes the place of the class that the client makes its streams of. Its streams are the client's own
 * (`instanceof Stream`), only that they are fed with events that were decoded once, beneath, instead of bytes
 * to be decoded again. Behaves as `Stream.fromSSEResponse` in everything else.
 */
export class DecodedStream {
  static fromSSEResponse<Item>(
    response: Response,
    controller: AbortController,
    client?: OpenAI,
    synthesizeEventData?: boolean,
    streamMode: 'legacy' | 'events' = 'legacy',
  ): Stream<Item> {
    let consumed = false;
    const iterator = (): AsyncIterator<Item> => {
      const events = new ItemIterator<Item>(response, controller, client, {
        again: consumed,
        named: synthesizeEventData === true,
        legacy: streamMode === 'legacy',
      });
      consumed = true;
      return events;
    };
    return new Stream<Item>(iterator, controller, client);
  }
}

type Events = Extract<ParsedBody, { kind: 'events' }>;

interface Mode {
  /** Whether the stream was read before. */
  readonly again: boolean;
  /** Whether each item carries its event's name. */
  readonly named: boolean;
  /** Whether error payloads are thrown. */
  readonly legacy: boolean;
}

/** Hands decoded events out one at a time. A chunk's events cost one promise of the source, not one each. */
class ItemIterator<Item> implements AsyncIterableIterator<Item> {
  readonly #response: Response;
  readonly #controller: AbortController;
  readonly #client: OpenAI | undefined;
  readonly #mode: Mode;
  #events: Events | undefined;
  #batch: readonly StreamEvent[] = [];
  #position = 0;
  #finished = false;
  #stop: (() => void) | undefined;

  constructor(response: Response, controller: AbortController, client: OpenAI | undefined, mode: Mode) {
    this.#response = response;
    this.#controller = controller;
    this.#client = client;
    this.#mode = mode;
  }

  next(): Promise<IteratorResult<Item>> {
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
    return this.#next();
  }

  async return(value?: Item): Promise<IteratorResult<Item>> {
    if (!this.#finished) {
      // Abort first: ending the body may wait for a provider that has stalled.
      this.#controller.abort();
      await this.#end();
    }
    return { value: value as Item, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #next(): Promise<IteratorResult<Item>> {
    if (this.#finished) return END;
    try {
      if (this.#mode.again) {
        throw new OpenAIError('Cannot iterate over a consumed stream, use `.tee()` to split the stream.');
      }
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
    } catch (error) {
      const quiet = this.#isAbort(error);
      this.#controller.abort();
      await this.#end();
      if (quiet) return END;
      throw error;
    }
    // The provider's end of the stream is its end; an abort is quiet, as the client has it.
    await this.#end();
    return END;
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

/** The response's events: those that the layer has decoded, or its bytes through a decoder. */
function eventsOf(response: Response): Events | undefined {
  const parsed = response instanceof LightResponse ? response.takeParsed() : undefined;
  if (parsed) return parsed.kind === 'events' ? parsed : undefined;
  const reader = openBody(response);
  if (!reader) return undefined;
  const decoder = new SseDecoder();
  let done = false;
  return {
    kind: 'events',
    async next() {
      if (done) return undefined;
      const chunk = await reader.read();
      done = chunk.done;
      if (!done) return chunk.value ? decoder.push(chunk.value) : [];
      reader.releaseLock();
      return decoder.end();
    },
    async cancel(reason) {
      if (done) return;
      done = true;
      await reader.cancel(reason);
      reader.releaseLock();
    },
  };
}
