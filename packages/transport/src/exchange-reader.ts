import type { ByteReader } from '@interpose/core';
import type { Exchange } from './exchange.ts';

/** Reads the body of an exchange: each time all the bytes that have come, and never ahead. */
export class ExchangeReader implements ByteReader {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  async read(): Promise<{ done: boolean; value?: Uint8Array | undefined }> {
    const value = await this.#exchange.read(this);
    return { done: value === undefined, value };
  }

  cancel(): Promise<void> {
    this.#exchange.cancel();
    return Promise.resolve();
  }

  releaseLock(): void {}
}
