import type { BodyContext } from './event-body.ts';
import { classify } from './classify.ts';
import { Failure } from './failure.ts';
import type { ByteReader, LightBody } from './light-response.ts';
import { presenting, type Present } from './present.ts';
import { ReplyError } from './reply-error.ts';

/** The body of a reply that is neither JSON nor events: speech, images, text. Passed on chunk by chunk. */
export class BinaryBody {
  readonly #context: BodyContext;
  readonly #reader: ByteReader | undefined;
  #first: Promise<{ done: boolean; value?: Uint8Array | undefined }> | undefined;
  #ended = false;
  #cancelled = false;

  constructor(reader: ByteReader | undefined, context: BodyContext) {
    this.#reader = reader;
    this.#context = context;
    if (!reader) context.settlement.settle('completed');
  }

  /** Waits for the first bytes. @throws {Failure} when the reply dies before. */
  async commit(): Promise<void> {
    this.#first ??= this.#read();
    await this.#first.catch((error: unknown) => {
      throw error instanceof ReplyError ? error.failure : classify(error, this.#context.signal);
    });
    if (this.#cancelled) throw new Failure('aborted');
  }

  async cancel(reason?: unknown): Promise<void> {
    this.#context.settlement.settle('aborted');
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelled = true;
    await this.#reader?.cancel(reason);
  }

  /** Nobody can read the rest any more. */
  abandon(): void {
    this.#context.settlement.settle('abandoned');
    this.cancel().catch(() => {});
  }

  light(present?: Present): LightBody | null {
    if (!this.#reader) return null;
    return {
      open: () => ({
        read: presenting(present, () => {
          const held = this.#first;
          this.#first = undefined;
          return held ?? this.#read();
        }),
        cancel: (reason) => this.cancel(reason),
        releaseLock: () => {},
      }),
    };
  }

  async #read(): Promise<{ done: boolean; value?: Uint8Array | undefined }> {
    const { settlement, signal, failOn } = this.#context;
    if (this.#ended || !this.#reader) return { done: true };
    try {
      const chunk = await this.#reader.read();
      if (chunk.done) {
        this.#ended = true;
        this.#reader.releaseLock();
        settlement.settle('completed');
      } else {
        settlement.observe(CONTENT);
      }
      return chunk;
    } catch (error) {
      this.#ended = true;
      const failure = classify(error, signal);
      settlement.settle(failure.kind === 'aborted' ? 'aborted' : 'failed', failure);
      throw failOn.has(failure.kind) ? new ReplyError(failure, 0) : error;
    }
  }
}

const CONTENT = { pieces: [], content: true, terminal: false } as const;
