import { Readable } from 'node:stream';
import type { EventFeed } from './event-source.ts';

/** The part of a stream reader that the core needs; a web stream's default reader fits. */
export interface ByteReader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(reason?: unknown): Promise<void>;
  releaseLock(): void;
}

/** Where the body of a {@link LightResponse} comes from. Each way is used at most once. */
export interface LightBody {
  /** Opens the body for reading in chunks. */
  open(): ByteReader;
  /** Reads all of it as text, where that is cheaper than by chunks. */
  text?(): Promise<string>;
}

/** What a {@link LightResponse} is made of. */
export interface LightResponseInit {
  readonly status: number;
  readonly statusText?: string;
  readonly headers: Headers;
  readonly url?: string;
  readonly redirected?: boolean;
  readonly type?: Response['type'];
  readonly body: LightBody | null;
  /** The body in a form that a client can use without parsing it again. */
  readonly parsed?: ParsedBody;
}

/** A body that was already decoded. Reading it uses the response up, as reading its bytes would. */
export type ParsedBody =
  | ({ readonly kind: 'events' } & EventFeed)
  | { readonly kind: 'json'; value(): Promise<unknown> };

/**
 * A `Response` without the machinery of the platform's: no stream exists until somebody asks for `body`.
 * It is an `instanceof Response`, and `platform()` turns it into one of the platform's own making.
 */
export class LightResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly url: string;
  readonly redirected: boolean;
  readonly type: Response['type'];
  /**
   * Let go of, as `#parsed` is, once it is being read: clients keep responses for longer than their bodies. Those of the
   * official client outlive every young collection, and all that they reach with them.
   */
  #source: LightBody | null;
  #parsed: ParsedBody | undefined;
  #stream: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #used = false;
  /** Whether the source was opened, by whatever way. */
  #opened = false;
  #platform: Response | undefined;

  constructor(init: LightResponseInit) {
    this.status = init.status;
    this.statusText = init.statusText ?? '';
    this.headers = init.headers;
    this.url = init.url ?? '';
    this.redirected = init.redirected ?? false;
    this.type = init.type ?? 'default';
    this.#source = init.body;
    this.#parsed = init.parsed;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get bodyUsed(): boolean {
    if (this.#platform) return this.#platform.bodyUsed;
    return (
      this.#used ||
      (this.#stream !== undefined && (this.#stream.locked || Readable.isDisturbed(this.#stream as never)))
    );
  }

  /** The body as a web stream that reads one chunk for each that is asked for, never ahead. */
  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    if (this.#platform) return this.#platform.body as ReadableStream<Uint8Array<ArrayBuffer>> | null;
    if (!this.#source || this.#used) return this.#stream ?? null;
    return (this.#stream ??= webStream(() => this.#open(), this));
  }

  /** Takes the body out for reading in chunks, without a web stream between. */
  take(): ByteReader | undefined {
    if (this.#platform) return this.#platform.body?.getReader() as ByteReader | undefined;
    if (!this.#source) return undefined;
    if (this.bodyUsed) throw new TypeError('Body is unusable: Body has already been read');
    // Not through a web stream that somebody has only looked at.
    if (!this.#untouched) return this.#stream?.getReader();
    const reader = this.#open();
    this.#used = true;
    return reader;
  }

  /**
   * Takes the body out in its decoded form; undefined when there is none, or when bytes were read already.
   *
   * @param kind leaves a body of another kind where it is.
   */
  takeParsed(kind?: ParsedBody['kind']): ParsedBody | undefined {
    if (!this.#parsed || !this.#untouched) return undefined;
    if (kind !== undefined && kind !== this.#parsed.kind) return undefined;
    const parsed = this.#parsed;
    this.#use();
    return Object.assign(parsed, { owner: this });
  }

  async text(): Promise<string> {
    if (this.#platform) return this.#platform.text();
    if (!this.#source) return '';
    if (this.#source.text && (this.#untouched || !this.#stream)) {
      if (this.#used) throw new TypeError('Body is unusable: Body has already been read');
      const source = this.#source as Required<LightBody>;
      this.#use();
      return source.text();
    }
    return new TextDecoder().decode(await this.bytes());
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const reader = this.take();
    if (!reader) return new Uint8Array();
    const chunks: Uint8Array[] = [];
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (next.value) chunks.push(next.value);
    }
    // A buffer of its own: Node's may be a view of a pool that others write to.
    const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.byteLength, 0));
    let offset = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, offset);
      offset += chunk.byteLength;
    }
    return bytes;
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  async blob(): Promise<Blob> {
    return new Blob([await this.bytes()], { type: this.headers.get('content-type') ?? '' });
  }

  formData(): Promise<FormData> {
    return this.platform().formData();
  }

  clone(): Response {
    if (this.#platform) return this.#platform.clone();
    if (!this.#source) return new LightResponse({ ...this.#init(), body: null });
    if (this.bodyUsed) throw new TypeError('Response.clone: Body has already been consumed.');
    const [mine, theirs] = (this.body as ReadableStream<Uint8Array<ArrayBuffer>>).tee();
    this.#stream = mine;
    this.#opened = true;
    return new LightResponse({
      ...this.#init(),
      body: { open: () => theirs.getReader() },
    });
  }

  /** The same response as an object of the platform, always the same one. The body is that one's from then on. */
  platform(): Response {
    return (this.#platform ??= this.#toPlatform());
  }

  /** Whether nobody has read from the body, or taken hold of its stream. */
  get #untouched(): boolean {
    return !this.#opened && !this.#platform && !this.bodyUsed;
  }

  #open(): ByteReader {
    if (!this.#source || this.#used) throw new TypeError('Body is unusable: Body has already been read');
    this.#opened = true;
    const source = this.#source;
    this.#release();
    // Whoever reads keeps the response alive: its end is what settles an abandoned reply.
    return Object.assign(source.open(), { owner: this });
  }

  #use(): void {
    this.#used = true;
    this.#release();
  }

  #release(): void {
    this.#source = TAKEN;
    this.#parsed = undefined;
  }

  #toPlatform(): Response {
    const used = this.bodyUsed;
    const empty = this.status === 204 || this.status === 205 || this.status === 304;
    const response = new Response(empty ? null : used ? '' : this.body, {
      status: this.status,
      statusText: this.statusText,
      headers: this.headers,
    });
    for (const key of ['url', 'redirected', 'type', 'headers'] as const) {
      Object.defineProperty(response, key, { value: this[key], configurable: true });
    }
    // A body that was read here is used up there as well.
    if (used) void response.text();
    return response;
  }

  #init(): Omit<LightResponseInit, 'body'> {
    const { status, statusText, headers, url, redirected, type } = this;
    return { status, statusText, headers: new Headers(headers), url, redirected, type };
  }
}

/** In the place of a body that is being read, or was. */
const TAKEN: LightBody = {
  open() {
    throw new TypeError('Body is unusable: Body has already been read');
  },
};

// `instanceof Response` has to hold; every member of the platform's prototype is overridden above.
Object.setPrototypeOf(LightResponse.prototype, Response.prototype);

/** A body that is a text. */
export function textBody(text: string): LightBody {
  return {
    text: () => Promise.resolve(text),
    open: () => {
      let sent = false;
      return {
        read: () => {
          const done = sent;
          sent = true;
          return Promise.resolve(done ? { done } : { done, value: Buffer.from(text) });
        },
        cancel: () => Promise.resolve(),
        releaseLock: () => {},
      };
    },
  };
}

/** Opens the body of any response for reading in chunks; undefined when it has none. */
export function openBody(response: Response): ByteReader | undefined {
  if (response instanceof LightResponse) return response.take();
  const { body } = response;
  if (!body) return undefined;
  // Some doubles and older libraries have a body that can only be iterated; the official client takes it.
  const stream =
    typeof body.getReader === 'function' ? body : ReadableStream.from(body as AsyncIterable<Uint8Array>);
  return stream.getReader() as ByteReader;
}

type Source = NonNullable<ConstructorParameters<typeof ReadableStream<Uint8Array<ArrayBuffer>>>[0]> & {
  type?: undefined;
};

/** A web stream over a body that is opened when somebody reads: the official client looks at `body` and lets it be. */
function webStream(open: () => ByteReader, owner: LightResponse): ReadableStream<Uint8Array<ArrayBuffer>> {
  let reader: ByteReader | undefined;
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>) {
        reader ??= open();
        const { done, value } = await reader.read();
        if (value) controller.enqueue(value as Uint8Array<ArrayBuffer>);
        if (done) {
          reader.releaseLock();
          controller.close();
        }
      },
      async cancel(reason: unknown) {
        reader ??= open();
        await reader.cancel(reason);
      },
      // The response stays reachable while its stream is: its end is what settles an abandoned reply.
      owner,
    } as Source,
    // No reading ahead of what is asked for.
    { highWaterMark: 0 },
  );
}
