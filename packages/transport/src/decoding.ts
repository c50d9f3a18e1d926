import type { ByteReader, LightBody } from '@interpose/core';
import { Readable, Transform, pipeline } from 'node:stream';
import zlib from 'node:zlib';
import type { Exchange } from './exchange.ts';
import { ExchangeReader } from './exchange-reader.ts';
import { terminated } from './network-error.ts';

// A provider's body that nests deeper is not meant well.
const MOST_CODINGS = 5;

/**
 * The body of a response as its `content-encoding` wants it read: the exchange itself where there is none, or one
 * that is not known.
 *
 * @throws {Error} for more than five codings on top of each other.
 */
export function decodedBody(exchange: Exchange): LightBody {
  const header = exchange.headers['content-encoding'];
  if (header === undefined) return exchange;
  const codings = String(header)
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim());
  if (codings.length > MOST_CODINGS)
    throw new Error(
      `too many content-encodings in response: ${codings.length}, maximum allowed is ${MOST_CODINGS}`,
    );
  // The last one was put on last, so that it comes off first.
  const decoders = codings.toReversed().map((coding) => DECODERS[coding]);
  if (!decoders.every((decoder) => decoder !== undefined)) return exchange;
  return {
    open: () =>
      new DecodedReader(
        exchange,
        decoders.map((decoder) => decoder()),
      ),
  };
}

// Whatever can be decoded is handed on at once, so that no event waits for the next; an end that is missing
// is forgiven, as browsers do: whether the body is whole, HTTP itself tells.
const ZLIB = { flush: zlib.constants.Z_SYNC_FLUSH, finishFlush: zlib.constants.Z_SYNC_FLUSH };
const BROTLI = {
  flush: zlib.constants.BROTLI_OPERATION_FLUSH,
  finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH,
};

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => zlib.createGunzip(ZLIB),
  'x-gzip': () => zlib.createGunzip(ZLIB),
  deflate: () => new Inflate(),
  br: () => zlib.createBrotliDecompress(BROTLI),
  zstd: () => zlib.createZstdDecompress(),
};

/** Inflates with or without the zlib header, which some servers leave out. */
class Inflate extends Transform {
  #inflate: zlib.Inflate | zlib.InflateRaw | undefined;

  override _transform(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    if (!this.#inflate) {
      // RFC 1950: the low bits of the first byte are 8 when there is a header.
      this.#inflate = ((chunk[0] ?? 0) & 0x0f) === 8 ? zlib.createInflate(ZLIB) : zlib.createInflateRaw(ZLIB);
      this.#inflate.on('data', (data: Buffer) => this.push(data));
      this.#inflate.on('error', (error) => this.destroy(error));
    }
    this.#inflate.write(chunk, callback);
  }

  override _flush(callback: (error?: Error | null) => void): void {
    if (!this.#inflate) return callback();
    this.#inflate.on('end', () => callback());
    this.#inflate.end();
  }
}

class DecodedReader implements ByteReader {
  readonly #exchange: Exchange;
  readonly #output: Transform;
  readonly #chunks: AsyncIterator<Buffer>;
  #error: unknown;

  constructor(exchange: Exchange, decoders: readonly Transform[]) {
    this.#exchange = exchange;
    this.#output = decoders.at(-1) as Transform;
    const input = Readable.from(encoded(exchange), { objectMode: false, highWaterMark: 0 });
    // Errors reach whoever reads; without this callback they would reach the process.
    pipeline([input, ...decoders], () => {});
    this.#chunks = this.#output[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async read(): Promise<{ done: boolean; value?: Uint8Array | undefined }> {
    try {
      const { done, value } = await this.#chunks.next();
      if (done) return { done };
      return { done: false, value: new Uint8Array(value.buffer, value.byteOffset, value.byteLength) };
    } catch (error) {
      this.#exchange.cancel();
      // One error for all who still come to read.
      throw (this.#error ??= isCoded(error) ? terminated(error) : error);
    }
  }

  cancel(): Promise<void> {
    this.#exchange.cancel();
    this.#output.destroy();
    return Promise.resolve();
  }

  releaseLock(): void {}
}

/** Whether the data itself was wrong; what the exchange throws is final already. */
function isCoded(error: unknown): boolean {
  return error instanceof Error && /^(Z_|ERR_|BROTLI|ZSTD)/i.test(String((error as { code?: unknown }).code));
}

async function* encoded(exchange: Exchange): AsyncGenerator<Uint8Array> {
  const reader = new ExchangeReader(exchange);
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    if (next.value) yield next.value;
  }
}
