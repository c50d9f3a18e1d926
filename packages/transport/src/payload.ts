/** What `init.body` may hold. */
export type Body = NonNullable<RequestInit['body']>;

/** A request's body, ready to be sent. */
export interface Payload {
  readonly data: string | Uint8Array | Blob | AsyncIterable<Uint8Array> | null;
  /** The `content-type` that goes with it, unless the caller gave one. */
  readonly type?: string | undefined;
  /** Bytes, where undici cannot tell by itself. */
  readonly length?: number | undefined;
  /** Whether it is gone once it was sent. */
  readonly once?: boolean;
  /** Ends the source; nobody reads the rest. */
  readonly release?: (reason: unknown) => void;
}

/**
 * Prepares what `init.body` holds, as the Fetch standard's "extract a body" does.
 *
 * @throws {TypeError} for a stream without `duplex: 'half'`, or one that is in use.
 */
export async function payloadOf(body: Body | null | undefined, duplex?: string): Promise<Payload> {
  if (body === null || body === undefined) return { data: null };
  if (typeof body === 'string') return { data: body, type: 'text/plain;charset=UTF-8' };
  if (body instanceof Uint8Array) return { data: body };
  if (body instanceof ArrayBuffer || body instanceof SharedArrayBuffer) return { data: new Uint8Array(body) };
  if (ArrayBuffer.isView(body))
    return { data: new Uint8Array(body.buffer, body.byteOffset, body.byteLength) };
  if (body instanceof URLSearchParams) {
    return { data: body.toString(), type: 'application/x-www-form-urlencoded;charset=UTF-8' };
  }
  if (body instanceof Blob) return { data: body, type: body.type || undefined };
  if (body instanceof FormData) return multipart(body);
  if (Symbol.asyncIterator in Object(body)) return streamed(body as AsyncIterable<Uint8Array>, duplex);
  // Anything else is what it says it is, as in the standard.
  // oxlint-disable-next-line typescript/no-base-to-string
  return { data: String(body), type: 'text/plain;charset=UTF-8' };
}

/**
 * A form in the platform's own encoding. Its length is that of the same form with its files emptied, and theirs;
 * so files are sent as they are read.
 */
async function multipart(form: FormData): Promise<Payload> {
  const hollow = new FormData();
  let files = 0;
  for (const [name, value] of form) {
    if (typeof value === 'string') hollow.append(name, value);
    else {
      files += value.size;
      hollow.append(name, new Blob([], { type: value.type }), value.name);
    }
  }
  const encoded = new Response(form);
  const type = encoded.headers.get('content-type') ?? '';
  const shadow = new Response(hollow);
  // Each encoding draws a boundary of its own, of the same length.
  const comparable = shadow.headers.get('content-type')?.length === type.length;
  const length = (await shadow.arrayBuffer()).byteLength + files;
  return {
    ...pulled(encoded.body as AsyncIterable<Uint8Array>),
    type,
    length: comparable ? length : undefined,
  };
}

function streamed(body: AsyncIterable<Uint8Array>, duplex: string | undefined): Payload {
  if (duplex !== 'half') throw new TypeError('RequestInit: duplex option is required when sending a body.');
  if (body instanceof ReadableStream && body.locked) {
    throw new TypeError('Response body object should not be disturbed or locked');
  }
  return { ...pulled(body), once: true };
}

/** Reads by an iterator of our own, which can be ended while it waits. */
function pulled(body: AsyncIterable<Uint8Array>): Pick<Payload, 'data' | 'release'> {
  if (body instanceof ReadableStream) {
    const reader = body.getReader();
    return {
      data: chunks(() => reader.read()),
      // Its failure is no news: the exchange is over.
      release: (reason) => void reader.cancel(reason).catch(() => {}),
    };
  }
  const iterator = body[Symbol.asyncIterator]();
  return {
    data: chunks(() => iterator.next()),
    release: () => void Promise.resolve(iterator.return?.()).catch(() => {}),
  };
}

async function* chunks(
  next: () => Promise<{ done?: boolean | undefined; value?: unknown }>,
): AsyncGenerator<Uint8Array> {
  for (let step = await next(); !step.done; step = await next()) {
    const chunk = typeof step.value === 'string' ? Buffer.from(step.value) : step.value;
    if (!(chunk instanceof Uint8Array)) throw new TypeError('Received non-Uint8Array chunk');
    yield chunk;
  }
}
