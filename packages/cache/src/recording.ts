import {
  InterposeError,
  abortable,
  type Clock,
  type EventFeed,
  type LightResponse,
  type Outcome,
  type Reply,
  type StreamEvent,
} from '@interpose/core';
import { keptHeaders, type Entry } from './entry.ts';

/** A reader that fell further behind the others than may be kept for it. */
export class LaggingReaderError extends InterposeError {
  override readonly name = 'LaggingReaderError';

  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(
      `cache: this stream is shared with identical calls, and was not read for as long as ${maxBytes} bytes came. Read on, or tag the call \`cache: bypass\`.`,
      { code: 'cache_reader_lagged', status: 503 },
    );
    this.maxBytes = maxBytes;
  }
}

/** What of a stream is known when it is whole. */
interface Recorded {
  /** That of the provider's reply; truncated as well where the marker that ends its wire is missing. */
  readonly outcome: Outcome;
  /** All of its events, as they came; undefined where they were too many to keep. */
  readonly text: string | undefined;
  readonly delaysMs: readonly number[];
}

/** Options of {@link Recording}. */
export interface RecordingOptions {
  readonly clock: Clock;
  /** How much is kept, in bytes of the wire. */
  readonly maxBytes: number;
  /** Stops the provider: nobody reads any more. */
  readonly stop: (reason: unknown) => void;
  /** Called once, when there is no reading from the beginning any more. */
  readonly onForget: () => void;
  /** Called once, when the stream has ended in any way. */
  readonly onEnd: (recorded: Recorded) => void;
}

/**
 * One stream of the provider's for several readers. Each reads at its own pace from the beginning; the one that is ahead
 * pulls. What the provider says is kept up to a limit; beyond it there is no going back to the beginning.
 */
export class Recording {
  readonly #feed: EventFeed;
  readonly #options: RecordingOptions;
  readonly #readers = new Set<Reader>();
  /** The events from number `#first` on. */
  #events: StreamEvent[] = [];
  #first = 0;
  readonly #delaysMs: number[] = [];
  #bytes = 0;
  #heldBytes = 0;
  #lastAt: number;
  #pulling: Promise<void> | undefined;
  #outcome: Outcome | undefined;
  #over = false;
  #broke: { readonly error: unknown } | undefined;
  #told = false;

  /** What of the reply's headers is to be kept. */
  readonly headers: Entry['headers'];
  readonly #marker: boolean;

  /** @param reply a streamed one, which is delivered to nobody else. */
  constructor(reply: Reply, options: RecordingOptions) {
    const { outcome } = reply;
    const feed = (reply.deliver() as unknown as LightResponse).takeParsed('events');
    if (feed?.kind !== 'events') throw new TypeError('cache: a stream that has no events');
    this.#feed = feed;
    this.#options = options;
    this.headers = keptHeaders(reply.headers);
    this.#marker = reply.call.operation.doneMarker;
    this.#lastAt = options.clock.monotonic();
    void outcome.then((settled) => {
      this.#outcome = settled;
      // Known before the events that say it have been pulled, but for a stream that ended otherwise.
      if (!this.#pulling) this.#tell();
    });
  }

  /** All of the events, once it is whole; undefined where they were too many to keep. */
  text(): string | undefined {
    return this.#first === 0 ? this.#events.map((event) => event.raw).join('') : undefined;
  }

  /** Stops the provider if nobody reads. */
  stopUnread(reason: unknown): void {
    if (this.#readers.size === 0 && !this.#over && !this.#broke && !this.#isWhole) this.#stop(reason);
  }

  /** Whether somebody can still begin to read. */
  get open(): boolean {
    return this.#first === 0 && !this.#broke && (!this.#over || this.#isWhole);
  }

  /** Reads from the beginning. @param signal of the call that it is for */
  reader(signal: AbortSignal): EventFeed {
    const reader = new Reader(this, signal);
    this.#readers.add(reader);
    return reader;
  }

  /** The events after the first `position`, as far as they are here. @throws {LaggingReaderError} */
  ready(position: number): readonly StreamEvent[] | undefined {
    if (position < this.#first) throw new LaggingReaderError(this.#options.maxBytes);
    return position < this.#end ? this.#events.slice(position - this.#first) : undefined;
  }

  /** The same, waited for; undefined at the end. */
  async after(position: number): Promise<readonly StreamEvent[] | undefined> {
    for (;;) {
      const events = this.ready(position);
      if (events) return events;
      if (this.#broke) throw this.#broke.error;
      if (this.#over) return undefined;
      await (this.#pulling ??= this.#pull());
    }
  }

  /** Whether somebody who has read so many events has read the whole reply. */
  isOver(position: number): boolean {
    return position === this.#end && (this.#over || this.#isWhole);
  }

  /** A reader is through, or does not want any more. */
  leave(reader: Reader, reason: unknown): void {
    if (!this.#readers.delete(reader) || this.#readers.size > 0 || this.#over || this.#broke) return;
    // What follows the end is not worth ending the connection for.
    if (this.#isWhole) void (this.#pulling ??= this.#pull());
    else this.#stop(reason);
  }

  get #isWhole(): boolean {
    return this.#outcome?.status === 'completed';
  }

  #stop(reason: unknown): void {
    this.#over = true;
    this.#feed.cancel(reason).catch(() => {});
    this.#options.stop(reason);
    this.#tell();
  }

  async #pull(): Promise<void> {
    try {
      const events = await this.#feed.next();
      if (events) this.#take(events);
      else this.#over = true;
    } catch (error) {
      this.#broke = { error };
    } finally {
      this.#pulling = undefined;
    }
    if (this.#outcome || this.#over || this.#broke) this.#tell();
  }

  #take(events: readonly StreamEvent[]): void {
    const now = this.#options.clock.monotonic();
    for (const event of events) {
      const bytes = Buffer.byteLength(event.raw);
      this.#events.push(event);
      this.#bytes += bytes;
      this.#heldBytes += bytes;
      if (this.#bytes <= this.#options.maxBytes) {
        this.#delaysMs.push(Math.round(now - this.#lastAt));
        this.#lastAt = now;
      }
    }
    if (this.#bytes > this.#options.maxBytes) this.#forget();
  }

  /** Too much to be kept: what all have read goes, and then what the slowest have not. */
  #forget(): void {
    if (this.#first === 0) this.#options.onForget();
    this.#delaysMs.length = 0;
    const slowest = Math.min(...[...this.#readers].map(({ position }) => position), this.#end);
    while (this.#events.length > 0) {
      const mayStay = this.#first >= slowest && this.#heldBytes <= this.#options.maxBytes;
      if (mayStay) return;
      this.#heldBytes -= Buffer.byteLength(this.#events.shift()?.raw ?? '');
      this.#first++;
    }
  }

  get #end(): number {
    return this.#first + this.#events.length;
  }

  #tell(): void {
    if (this.#told || !this.#outcome) return;
    this.#told = true;
    // A choice may have ended, and yet more be to come.
    const marked = !this.#marker || this.#events.some((event) => event.done);
    const outcome: Outcome = marked ? this.#outcome : { ...this.#outcome, status: 'truncated' };
    this.#options.onEnd({ outcome, text: this.text(), delaysMs: this.#delaysMs });
  }
}

/** One of those who read a {@link Recording}. */
class Reader implements EventFeed {
  readonly #recording: Recording;
  readonly #signal: AbortSignal;
  readonly #abort = (): void => this.#leave(this.#signal.reason);
  position = 0;

  constructor(recording: Recording, signal: AbortSignal) {
    this.#recording = recording;
    this.#signal = signal;
    signal.addEventListener('abort', this.#abort, { once: true });
  }

  async next(): Promise<readonly StreamEvent[] | undefined> {
    const { position } = this;
    try {
      this.#signal.throwIfAborted();
      const ready = this.#recording.ready(position);
      const events = ready ?? (await abortable(this.#recording.after(position), this.#signal));
      this.position = position + (events?.length ?? 0);
      // There may be more to read, but nothing that is worth to be waited for.
      if (!events || this.#recording.isOver(this.position)) this.#leave(undefined);
      return events;
    } catch (error) {
      this.#leave(error);
      throw error;
    }
  }

  async cancel(reason?: unknown): Promise<void> {
    this.#leave(reason);
  }

  #leave(reason: unknown): void {
    this.#signal.removeEventListener('abort', this.#abort);
    this.#recording.leave(this, reason);
  }
}
