import type { ByteReader } from './light-response.ts';
import { SseDecoder, type StreamEvent } from './sse.ts';

/** Where the events of a streamed reply come from. */
export interface EventSource {
  /** The next events; undefined at the end, and ever after. Rejects once, when the stream breaks: that is an end, too. */
  read(): Promise<EventChunk | undefined>;
  /** After the end: an event that it cut in two, and that counts for nothing. */
  readonly cutOff: readonly StreamEvent[];
  /** Stops whoever gives. Does nothing at the end. */
  cancel(reason?: unknown): Promise<void>;
}

/** The events that one chunk completed. */
export interface EventChunk {
  /** The chunk itself; undefined where events came as events. */
  readonly bytes: Uint8Array | undefined;
  readonly events: readonly StreamEvent[];
  /** Whether `bytes` hold these events and comments, and nothing else. */
  readonly exact: boolean;
  /** The comments after the last event. */
  readonly tail: string;
}

/** Events that were decoded already, by whoever hands them on. */
export interface EventFeed {
  /** The next events, in one batch or several; undefined at the end. */
  next(): Promise<readonly StreamEvent[] | undefined>;
  /** Stops whoever gives. */
  cancel(reason?: unknown): Promise<void>;
}

/** Decodes the events of a body. */
export class DecodedSource implements EventSource {
  readonly #reader: ByteReader;
  readonly #decoder = new SseDecoder();
  /** Whether the last chunk ended between two events. */
  #between = true;
  #over = false;
  cutOff: readonly StreamEvent[] = [];

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  async read(): Promise<EventChunk | undefined> {
    if (this.#over) return undefined;
    let next: Awaited<ReturnType<ByteReader['read']>>;
    try {
      next = await this.#reader.read();
    } catch (error) {
      this.#over = true;
      throw error;
    }
    const { done, value } = next;
    if (!done) {
      const events = this.#decoder.push(value ?? NO_BYTES);
      const tail = this.#decoder.takeTail();
      const exact = this.#between && tail !== undefined;
      this.#between = tail !== undefined;
      return { bytes: value ?? NO_BYTES, events, exact, tail: tail ?? '' };
    }
    this.#over = true;
    this.#reader.releaseLock();
    const rest = this.#decoder.end();
    const whole = rest.filter(isWhole);
    this.cutOff = rest.filter((event) => !isWhole(event));
    // Their bytes came with the last chunk.
    return whole.length > 0 ? { bytes: NO_BYTES, events: whole, exact: false, tail: '' } : undefined;
  }

  async cancel(reason?: unknown): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#reader.cancel(reason);
    this.#reader.releaseLock();
  }
}

/** Events that somebody else decoded. */
export class FedSource implements EventSource {
  readonly #feed: EventFeed;
  #over = false;
  /** What is broken is so because the reply was cut there, if nothing follows. */
  #doubtful: readonly StreamEvent[] = [];

  constructor(feed: EventFeed) {
    this.#feed = feed;
  }

  get cutOff(): readonly StreamEvent[] {
    return this.#over ? this.#doubtful : [];
  }

  async read(): Promise<EventChunk | undefined> {
    if (this.#over) return undefined;
    const fed = await this.#feed.next().catch((error: unknown) => {
      this.#over = true;
      throw error;
    });
    if (!fed) {
      this.#over = true;
      return undefined;
    }
    const events = [...this.#doubtful, ...fed];
    const last = events.findLastIndex(isWhole) + 1;
    this.#doubtful = events.slice(last);
    return { bytes: undefined, events: events.slice(0, last), exact: false, tail: '' };
  }

  async cancel(reason?: unknown): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#feed.cancel(reason);
  }
}

function isWhole(event: StreamEvent): boolean {
  return event.done || event.wellFormed;
}

const NO_BYTES = new Uint8Array();
