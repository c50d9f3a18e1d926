import { classify, classifyProviderError } from './classify.ts';
import { endOf, settleFailed, type BodyContext } from './body-context.ts';
import { Failure } from './failure.ts';
import { BROKEN, areSame, encode, type Batch } from './event-batch.ts';
import { presenting, type Present } from './present.ts';
import type { Cut } from './cut.ts';
import type { EventChunk, EventSource } from './event-source.ts';
import type { LightBody, ParsedBody } from './light-response.ts';
import { nothing } from './operations/inspection.ts';
import type { Completion, Inspection } from './operations/operation.ts';
import { ReplyError } from './reply-error.ts';
import type { StreamEvent } from './sse.ts';
import { Stages } from './stages.ts';

// How long a provider that has said all is waited for to close the stream: whoever reads on would wait as long as it likes.
const CLOSING_MS = 5_000;

/** The body of a streamed reply: pulled a chunk at a time, decoded once, run through all stages in one pass. */
export class EventBody {
  readonly stages: Stages;
  readonly #context: BodyContext;
  readonly #source: EventSource;
  readonly #completion: Completion;
  /** What `commit` read and nobody was given yet. */
  readonly #held: Batch[] = [];
  #committed = false;
  #whole = false;
  /** Whether the event came that says that nothing follows. */
  #said = false;
  #failure: Failure | undefined;
  /** What ended the body before its time: whoever reads on is told again. */
  #broke: { readonly error: unknown } | undefined;
  /** Ends the read that is under way. */
  #interrupt: (() => void) | undefined;
  /** Whether half an event at the end was handed on. */
  #cutOffShown = false;
  /** Whether the rest is not wanted any more. */
  #closed = false;

  constructor(source: EventSource, context: BodyContext) {
    this.#source = source;
    this.#context = context;
    this.stages = new Stages(context.operation.doneMarker);
    this.#completion = context.operation.completion();
  }

  /**
   * Reads until the first content.
   *
   * @throws {Failure} when the stream dies, ends, or carries an error before that.
   */
  async commit(): Promise<void> {
    while (!this.#committed) {
      if (this.#failure) throw this.#failure;
      const batch = await this.#pull().catch((error: unknown) => {
        throw this.#failure ?? classify(error, this.#context.signal);
      });
      if (this.#closed) throw new Failure('aborted');
      if (batch) this.#held.push(batch);
      else if (!this.#failure) this.#committed = true;
    }
  }

  /** The next chunk's events as the caller is to see them; undefined at the end. */
  async next(): Promise<readonly StreamEvent[] | undefined> {
    const batch = this.#held.shift() ?? (await this.#pull());
    if (batch) return this.#stage(batch);
    const rest = this.#rest();
    return rest.length > 0 ? rest : undefined;
  }

  /** Stops the provider. What stages still hold back is dropped with it. */
  async cancel(reason?: unknown): Promise<void> {
    this.#context.settlement.settle('aborted');
    await this.#close(reason);
  }

  /** Ends the reply with an error, also for who is waiting for it. Does nothing once it has ended. */
  fail(reason: unknown): void {
    const { settlement, signal } = this.#context;
    if (this.#closed || this.#broke || settlement.settled) return;
    if (this.#completion.whole && this.#held.length === 0) {
      // All was said and handed on: only the provider's closing of the stream is missing.
      settlement.settle('completed');
    } else {
      this.#failure ??= classify(reason, signal);
      this.#broke = { error: reason };
      // The provider was at work on it, as far as anybody knows.
      settlement.markBilled();
      settleFailed(this.#context, this.#failure);
    }
    this.#close(reason).catch(() => {});
  }

  /** Nobody can read the rest any more. */
  abandon(): void {
    this.#context.settlement.settle('abandoned');
    this.#close(undefined).catch(() => {});
  }

  /** The body as decoded events, for a client that can take them. */
  parsed(present?: Present): ParsedBody {
    const next = presenting(present, () => this.next());
    return { kind: 'events', next, cancel: (reason) => this.cancel(reason) };
  }

  /** The body as bytes. A chunk in which nothing was changed leaves as it came. */
  light(present?: Present): LightBody {
    return {
      open: () => ({
        read: presenting(present, async () => {
          const value = await this.#nextBytes();
          return { done: value === undefined, value };
        }),
        cancel: (reason) => this.cancel(reason),
        releaseLock: () => {},
      }),
    };
  }

  async #nextBytes(): Promise<Uint8Array | undefined> {
    for (;;) {
      const batch = this.#held.shift() ?? (await this.#pull());
      const verbatim = !this.stages.rewriting && !this.#context.isExtra;
      // Where all went as it came, the bytes of an event that was cut off did, too.
      if (!batch) return encode(verbatim ? this.#stage(undefined) : this.#rest(), '');
      const events = this.#stage(batch);
      const same = verbatim || (batch.exact && areSame(events, batch.events));
      const bytes = (same ? batch.bytes : undefined) ?? encode(events, batch.tail);
      if (bytes && bytes.byteLength > 0) return bytes;
    }
  }

  /**
   * What there is after the provider's last whole event. A client is not spared half an event: it is how it
   * learns that the reply broke off. Where text is rewritten, it gets the break without the text.
   */
  #rest(): readonly StreamEvent[] {
    if (this.#closed) return [];
    const { cutOff: broken } = this.#source;
    const cutOff = this.#cutOffShown ? [] : this.stages.rewriting ? broken.map(() => BROKEN) : broken;
    this.#cutOffShown = true;
    return [...this.#stage(undefined), ...cutOff];
  }

  /** Runs a batch, or without one the end, through the stages. What a stage throws ends the reply. */
  #stage(batch: Batch | undefined): readonly StreamEvent[] {
    if (this.#closed) return [];
    const { settlement, signal } = this.#context;
    try {
      const events = batch ? this.stages.events(batch.events) : this.stages.end();
      if (this.stages.stoppedBy) this.#stop(this.stages.stoppedBy);
      // Not at the end of the bytes: clients stop reading at the terminal event.
      else if (!batch || batch.last) settlement.settle(this.#failure ? 'failed' : 'completed', this.#failure);
      return events;
    } catch (error) {
      this.#broke = { error };
      settlement.settle('failed', classify(error, signal));
      this.#close(error).catch(() => {});
      throw error;
    }
  }

  /** A unit has had enough: what it made of the stream is whole, and the rest is not wanted. */
  #stop({ unit, finishReasons }: Cut): void {
    const { settlement } = this.#context;
    settlement.markStopped(unit, finishReasons);
    settlement.settle('completed');
    this.#close(undefined).catch(() => {});
  }

  async #pull(): Promise<Batch | undefined> {
    if (this.#broke) throw this.#broke.error;
    if (this.#closed) return undefined;
    let batch: Batch | undefined;
    try {
      this.stages.waiting();
      const chunk = await (this.#said ? this.#readToClose() : this.#read());
      // It would keep the chunk.
      this.#interrupt = undefined;
      if (!this.#closed) {
        batch = chunk && this.#batch(chunk);
        this.stages.arrived(batch?.content === true);
      }
    } catch (error) {
      if (!this.#closed) throw this.#broken(error);
    }
    // Ended or cancelled in the meantime: what still came is nobody's.
    if (this.#broke) throw (this.#broke as { readonly error: unknown }).error;
    if (this.#closed) return undefined;
    return batch ?? this.#ended();
  }

  /** Reads from the source. Does not wait for one that keeps silent when the body is closed. */
  #read(): Promise<EventChunk | undefined> {
    return new Promise((resolve, reject) => {
      this.#interrupt = () => resolve(undefined);
      this.#source.read().then(resolve, reject);
    });
  }

  /** The same for what may follow the last event, which mostly is the end. */
  async #readToClose(): Promise<EventChunk | undefined> {
    const over = new AbortController();
    const late = this.#context.clock.sleep(CLOSING_MS, over.signal).then(
      () => {
        this.#source.cancel().catch(() => {});
        return undefined;
      },
      () => undefined,
    );
    try {
      return await Promise.race([this.#read(), late]);
    } finally {
      over.abort(CLOSED);
    }
  }

  #batch(chunk: EventChunk): Batch {
    const { bytes, events, tail } = chunk;
    let last = false;
    let content = false;
    let extra = false;
    const { isExtra } = this.#context;
    for (const event of events) {
      const inspection = this.#inspect(event);
      if (inspection.terminal) last = this.#said = true;
      if (inspection.content) content = true;
      if (isExtra && !event.done && isExtra(event.json)) extra = true;
    }
    const wanted = extra ? events.filter((event) => event.done || !isExtra?.(event.json)) : events;
    return { bytes, events: wanted, exact: chunk.exact && !extra, tail, last, content };
  }

  /** Takes in what an event says. */
  #inspect(event: StreamEvent): Inspection {
    const { operation, settlement } = this.#context;
    if (event.done) {
      this.#whole = true;
      this.#committed ||= !this.#failure;
      return LAST;
    }
    if (!event.wellFormed) {
      this.#fail(new Failure('server', { code: 'malformed_event' }));
      return nothing;
    }
    const inspection = operation.inspectEvent(event.json);
    settlement.observe(inspection);
    this.#completion.event(event.json);
    // The name alone says it, too: that is how the official client tells.
    const error = inspection.error ?? (event.type === 'error' ? event.json : undefined);
    if (error !== undefined) this.#fail(classifyProviderError(error));
    // Not after a failure in the same chunk: what is broken before its first content is not worth handing on.
    else if (inspection.content) this.#committed ||= !this.#failure;
    if (inspection.terminal) this.#committed ||= !this.#failure;
    return inspection;
  }

  /** The bytes ended: finds out whether the reply did. */
  #ended(): undefined {
    const { settlement, failOn, signal } = this.#context;
    if (signal.aborted) settlement.settle('aborted');
    if (this.#failure || this.#whole || this.#completion.whole) return undefined;
    this.#failure = new Failure('truncated');
    settlement.settle('truncated', this.#failure);
    if (!failOn.has('truncated')) return undefined;
    const error = new ReplyError(this.#failure, settlement.outputCharacters);
    this.#broke = { error };
    throw error;
  }

  #broken(cause: unknown): unknown {
    const failure = classify(cause, this.#context.signal);
    this.#failure ??= failure;
    settleFailed(this.#context, failure);
    const thrown = endOf(cause, failure, this.#context);
    this.#broke = { error: thrown };
    // Does nothing where it was the source that broke.
    this.#source.cancel(cause).catch(() => {});
    return thrown;
  }

  /** The stream itself tells of a failure. Settled at once: clients stop reading at such an event. */
  #fail(failure: Failure): void {
    this.#failure ??= failure;
    this.#context.settlement.settle('failed', this.#failure);
  }

  async #close(reason: unknown): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#held.length = 0;
    this.#interrupt?.();
    await this.#source.cancel(reason);
  }
}

/** With a reason: one that the platform makes is dear. */
const CLOSED = new Error('it is closed');

/** What `[DONE]` says. */
const LAST: Inspection = Object.freeze({ ...nothing, terminal: true });
