import { endOf, settleFailed, type BodyContext } from './body-context.ts';
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
  /** What ended the body: whoever reads on is told again. */
  #broke: { readonly error: unknown } | undefined;
  /** Ends the read that is under way. */
  #interrupt: ((error: unknown) => void) | undefined;

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

  /** Ends the reply with an error, also for who is waiting for it. Does nothing once it has ended. */
  fail(reason: unknown): void {
    const { settlement, signal } = this.#context;
    if (this.#broke || settlement.settled) return;
    this.#broke = { error: reason };
    this.#first = undefined;
    settlement.markBilled();
    settleFailed(this.#context, classify(reason, signal));
    this.#interrupt?.(reason);
    if (!this.#ended) this.#reader?.cancel(reason).catch(() => {});
    this.#ended = true;
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
    const { settlement, signal } = this.#context;
    if (this.#broke) throw this.#broke.error;
    const reader = this.#reader;
    if (this.#ended || !reader) return { done: true };
    try {
      // Does not wait for a provider that keeps silent when the body is ended.
      const chunk = await new Promise<Awaited<ReturnType<ByteReader['read']>>>((resolve, reject) => {
        this.#interrupt = reject;
        reader.read().then(resolve, reject);
      });
      if (chunk.done) {
        this.#ended = true;
        reader.releaseLock();
        settlement.settle('completed');
      } else {
        settlement.observe(CONTENT);
      }
      return chunk;
    } catch (error) {
      if (this.#broke) throw (this.#broke as { readonly error: unknown }).error;
      this.#ended = true;
      const failure = classify(error, signal);
      settleFailed(this.#context, failure);
      throw endOf(error, failure, this.#context);
    }
  }
}

const CONTENT = { pieces: [], content: true, terminal: false } as const;
