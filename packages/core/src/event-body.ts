import { classify, classifyProviderError, Failure, type FailureKind } from './failure.ts';
import { presenting, type Present } from './present.ts';
import type { ByteReader, LightBody, ParsedBody } from './light-response.ts';
import type { Completion, Operation } from './operations/operation.ts';
import { ReplyError } from './reply-error.ts';
import type { Settlement } from './settlement.ts';
import { SseDecoder, type StreamEvent } from './sse.ts';
import { Stages } from './stages.ts';

/** The events that one chunk of bytes completed, with the chunk itself. */
interface Batch {
  readonly bytes: Uint8Array | undefined;
  readonly events: readonly StreamEvent[];
}

/** What a reply's body needs to know of its surroundings. */
export interface BodyContext {
  readonly operation: Operation;
  readonly signal: AbortSignal;
  readonly settlement: Settlement;
  /** Kinds of failure that end the body with a {@link ReplyError} instead of what the platform throws. */
  readonly failOn: ReadonlySet<FailureKind>;
}

/** The body of a streamed reply: pulled a chunk at a time, decoded once, run through all stages in one pass. */
export class EventBody {
  readonly stages: Stages = new Stages();
  readonly #context: BodyContext;
  readonly #reader: ByteReader;
  readonly #decoder = new SseDecoder();
  readonly #completion: Completion;
  /** What `commit` read and nobody was given yet. */
  readonly #held: Batch[] = [];
  #committed = false;
  #whole = false;
  #failure: Failure | undefined;
  #done = false;
  #closed = false;

  constructor(reader: ByteReader, context: BodyContext) {
    this.#reader = reader;
    this.#context = context;
    this.#completion = context.operation.completion();
  }

  /**
   * Reads until the first content.
   *
   * @throws {Failure} when the stream dies, ends, or carries an error before that.
   */
  async commit(): Promise<void> {
    while (!this.#committed) {
      const batch = await this.#pull().catch((error: unknown) => {
        throw this.#failure ?? classify(error, this.#context.signal);
      });
      if (batch) this.#held.push(batch);
      if (this.#failure && !this.#committed) throw this.#failure;
      if (!batch) break;
    }
    this.#committed = true;
  }

  /** The next chunk's events as the caller is to see them; undefined at the end. */
  async next(): Promise<readonly StreamEvent[] | undefined> {
    const batch = this.#held.shift() ?? (await this.#pull());
    if (batch) return this.#stage(batch.events);
    const rest = this.#stage(undefined);
    return rest.length > 0 ? rest : undefined;
  }

  /** Stops the provider. What stages still hold back is dropped with it. */
  async cancel(reason?: unknown): Promise<void> {
    this.#context.settlement.settle('aborted');
    await this.#close(reason);
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
      if (!batch) return encode(this.#stage(undefined));
      if (this.stages.rewriting) {
        const bytes = encode(this.#stage(batch.events));
        if (bytes) return bytes;
      } else {
        this.#stage(batch.events);
        if (batch.bytes) return batch.bytes;
      }
    }
  }

  /** Runs events, or without any the end, through the stages. What a stage throws ends the reply. */
  #stage(events: readonly StreamEvent[] | undefined): readonly StreamEvent[] {
    try {
      return events ? this.stages.events(events) : this.stages.end();
    } catch (error) {
      this.#context.settlement.settle('failed', classify(error, this.#context.signal));
      this.#close(error).catch(() => {});
      throw error;
    }
  }

  async #pull(): Promise<Batch | undefined> {
    if (this.#done) return undefined;
    let bytes: Uint8Array | undefined;
    try {
      const chunk = await this.#reader.read();
      bytes = chunk.value;
      if (chunk.done) this.#done = true;
    } catch (error) {
      throw this.#broken(error);
    }
    const events = this.#done ? this.#decoder.end() : this.#decoder.push(bytes ?? new Uint8Array());
    for (const event of events) this.#inspect(event);
    if (!this.#done) return { bytes, events };
    this.#reader.releaseLock();
    if (events.length > 0) return { bytes: undefined, events };
    return this.#ended();
  }

  #inspect(event: StreamEvent): void {
    const { operation, settlement } = this.#context;
    let final = event.done;
    if (event.done) {
      this.#whole = true;
    } else if (event.wellFormed) {
      const inspection = operation.inspectEvent(event.json);
      settlement.observe(inspection);
      this.#completion.event(event.json);
      final = inspection.terminal;
      if (inspection.error !== undefined) this.#fail(classifyProviderError(inspection.error));
      else if (inspection.content) this.#committed = true;
    } else {
      this.#fail(new Failure('server', { code: 'malformed_event' }));
    }
    // Not at the end of the bytes: clients stop reading at the terminal event.
    if (final) {
      this.#committed ||= !this.#failure;
      settlement.settle(this.#failure ? 'failed' : 'completed', this.#failure);
    }
  }

  /** The bytes ended: finds out whether the reply did. */
  #ended(): undefined {
    const { settlement, failOn } = this.#context;
    if (this.#context.signal.aborted) settlement.settle('aborted');
    else if (this.#failure) settlement.settle('failed', this.#failure);
    else if (this.#whole || this.#completion.whole) settlement.settle('completed');
    else {
      this.#failure = new Failure('truncated');
      settlement.settle('truncated', this.#failure);
      if (failOn.has('truncated')) throw new ReplyError(this.#failure, settlement.outputCharacters);
    }
    return undefined;
  }

  #broken(error: unknown): unknown {
    this.#done = true;
    const { settlement, failOn, signal } = this.#context;
    const failure = classify(error, signal);
    this.#fail(failure);
    settlement.settle(failure.kind === 'aborted' ? 'aborted' : 'failed', failure);
    return failOn.has(failure.kind) ? new ReplyError(failure, settlement.outputCharacters) : error;
  }

  #fail(failure: Failure): void {
    this.#failure ??= failure;
  }

  async #close(reason: unknown): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#done) return;
    this.#done = true;
    await this.#reader.cancel(reason);
  }
}

function encode(events: readonly StreamEvent[]): Uint8Array | undefined {
  return events.length === 0 ? undefined : Buffer.from(events.map((event) => event.raw).join(''));
}
