import type { Fields, LightBody } from '@interpose/core';
import type { Dispatcher } from 'undici';
import { fetchFailed, terminated } from './network-error.ts';
import { ExchangeReader } from './exchange-reader.ts';

type Controller = Dispatcher.DispatchController;

/** Bytes that may wait unread before the connection is paused. */
export const HIGH_WATER_MARK: number = 128 * 1024;

/**
 * One request and its response, as the handler that undici's pool calls. Bytes wait here until they are asked for;
 * once {@link HIGH_WATER_MARK} of them do, the connection is paused.
 *
 * It is no stream and no event emitter: an error that nobody waits for is kept, and can crash nothing.
 */
export class Exchange implements Dispatcher.DispatchHandler, LightBody {
  /** Of the response; set once {@link send} resolves. */
  status = 0;
  statusText = '';
  headers: Fields = {};
  readonly #signal: AbortSignal | undefined;
  readonly #release: ((reason: unknown) => void) | undefined;
  #answer: { resolve(exchange: Exchange): void; reject(error: unknown): void } | undefined;
  #controller: Controller | undefined;
  #chunks: Buffer[] = [];
  #size = 0;
  #paused = false;
  /** `text` gathers everything, `discard` nothing. */
  #mode: 'chunks' | 'text' | 'discard' = 'chunks';
  /** Nothing more comes from the network. */
  #ended = false;
  /** Everything was handed out, or given up. */
  #done = false;
  #failure: { readonly error: unknown } | undefined;
  /** With it the reader, so that the response stays reachable while somebody waits. */
  #waiting: { readonly promise: Promise<void>; resolve(): void; readonly reader: object } | undefined;

  /**
   * @param signal aborts the exchange in any phase.
   * @param release ends the source of the request's body, which nobody reads any more.
   */
  constructor(signal: AbortSignal | undefined, release: ((reason: unknown) => void) | undefined) {
    this.#signal = signal;
    this.#release = release;
  }

  /** Nothing more comes from the network. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Sends the request; resolves with itself once the response's headers are there.
   *
   * @throws the signal's reason when it aborts; a `TypeError` with the reason in `cause` when the network fails.
   */
  send(dispatcher: Dispatcher, options: Dispatcher.DispatchOptions): Promise<this> {
    return new Promise((resolve, reject) => {
      this.#answer = { resolve: resolve as (exchange: Exchange) => void, reject };
      this.#signal?.addEventListener('abort', this);
      try {
        dispatcher.dispatch(options, this);
      } catch (error) {
        this.onResponseError(undefined, error);
      }
    });
  }

  open(): ExchangeReader {
    return new ExchangeReader(this);
  }

  /** The next bytes, all that there are; undefined at the end. */
  async read(reader: object): Promise<Uint8Array | undefined> {
    for (;;) {
      this.#check();
      if (this.#size > 0) return this.#take();
      if (this.#ended || this.#done) {
        this.#done = true;
        return undefined;
      }
      await this.#wait(reader);
    }
  }

  async text(): Promise<string> {
    this.#mode = 'text';
    this.#resume();
    while (!this.#ended && !this.#failure) await this.#wait(this);
    this.#check();
    const text = this.#gather().toString('utf8');
    this.#done = true;
    // A byte order mark is no part of the text (Encoding, "UTF-8 decode").
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  /** Gives the rest up and, if it has not come a turn of the event loop later, stops the provider. */
  cancel(): void {
    this.#done = true;
    this.#drop();
    this.#resume();
    this.#wake();
    if (this.#ended) return;
    // Clients stop reading at the last event; the bytes that end the body are often there by then, and the
    // connection is good for the next call. The first immediate still belongs to this turn.
    setImmediate(() => setImmediate(() => this.#stop()));
  }

  /** Nobody can read the response any more. */
  abandon(): void {
    if (this.#mode !== 'text') this.cancel();
  }

  /** Takes no interest in the body: lets a short one pass, so that the connection can be used again. */
  discard(): void {
    this.#mode = 'discard';
    this.#drop();
    const length = Number(this.headers['content-length'] ?? Infinity);
    if (!this.#ended && !(length <= HIGH_WATER_MARK)) this.cancel();
  }

  /** The signal aborts. */
  handleEvent(): void {
    this.#fail(this.#signal?.reason);
    this.#stop();
  }

  onRequestStart(controller: Controller): void {
    // Aborted while it waited for a connection. Throwing leaves that connection to others.
    if (this.#failure) throw new Error('aborted before it was sent');
    this.#controller = controller;
  }

  onResponseStart(_controller: Controller, status: number, headers: object, statusText?: string): void {
    if (status < 200) return;
    this.status = status;
    this.statusText = statusText ?? '';
    this.headers = headers as Fields;
    this.#answer?.resolve(this);
    this.#answer = undefined;
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#done || this.#failure || this.#mode === 'discard') return;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#mode === 'text') return;
    if (this.#size >= HIGH_WATER_MARK) {
      this.#paused = true;
      controller.pause();
    }
    this.#wake();
  }

  onResponseEnd(): void {
    this.#finish();
  }

  onResponseError(_controller: Controller | undefined, error: unknown): void {
    if (!this.#ended) this.#fail(this.#answer ? fetchFailed(error) : terminated(error));
  }

  /** @throws what ended the exchange, unless everything was handed out before. */
  #check(): void {
    if (this.#failure) throw this.#failure.error;
    // The whole body may be here already, and the listener gone; an abort ends it all the same.
    if (this.#signal?.aborted && !this.#done) {
      this.#fail(this.#signal.reason);
      throw this.#signal.reason as Error;
    }
  }

  #take(): Uint8Array {
    const bytes = this.#gather();
    this.#drop();
    this.#resume();
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #gather(): Buffer {
    const [first] = this.#chunks;
    return first && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks, this.#size);
  }

  #drop(): void {
    this.#chunks = [];
    this.#size = 0;
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#controller?.resume();
  }

  #fail(error: unknown): void {
    if (this.#failure || this.#done) return;
    this.#failure = { error };
    this.#drop();
    this.#answer?.reject(error);
    this.#answer = undefined;
    this.#finish(error);
  }

  #finish(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#release?.(error);
    this.#signal?.removeEventListener('abort', this);
    this.#wake();
  }

  /** Closes the connection, if the response is still coming. */
  #stop(): void {
    this.#finish();
    this.#controller?.abort(new Error('aborted'));
  }

  #wait(reader: object): Promise<void> {
    if (!this.#waiting) {
      let resolve = (): void => {};
      const promise = new Promise<void>((wake) => (resolve = wake));
      this.#waiting = { promise, resolve, reader };
    }
    return this.#waiting.promise;
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}
