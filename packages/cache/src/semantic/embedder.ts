import {
  Failure,
  ask,
  classify,
  embeddings,
  faulted,
  type Call,
  type Clock,
  type Handler,
} from '@interpose/core';
import { bounded } from './bounded.ts';
import { embeddingsUrl } from './embeddings-url.ts';
import { Rest } from './rest.ts';
import { EmbeddingError, unit } from './vector.ts';

/** Makes vectors of texts, one each, in their order. */
export type Embed = (
  texts: readonly string[],
  options: { readonly signal: AbortSignal },
) => Promise<readonly ArrayLike<number>[]> | readonly ArrayLike<number>[];

/** Options of {@link Embedder}. */
export interface EmbedderOptions {
  readonly embed: Embed | undefined;
  readonly model: string;
  readonly dimensions: number | undefined;
  readonly timeoutMs: number;
  readonly unit: string;
}

/** Makes the vector of a question: by a function of the application, or by the provider of the call, through the layer. */
export class Embedder {
  readonly #options: EmbedderOptions;
  readonly #clock: Clock;
  readonly #rest: Rest;

  constructor(options: EmbedderOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#rest = new Rest(clock);
  }

  /**
   * A vector of length 1; undefined where there is none to be had in time.
   *
   * @throws the signal's reason when the call is aborted; {@link ConfigurationError} where `embed` is needed.
   */
  async of(text: string, call: Call, next: Handler): Promise<Float32Array | undefined> {
    const { embed, timeoutMs } = this.#options;
    const url = embed ? '' : embeddingsUrl(call);
    if (!this.#rest.mayTry()) return undefined;
    const bounds = { clock: this.#clock, timeoutMs, step: 'embedding', signal: call.signal };
    try {
      const vector = await bounded(bounds, async (signal) =>
        embed ? (await embed([text], { signal }))[0] : this.#asked(text, url, call.with({ signal }), next),
      );
      if (!vector) throw new EmbeddingError('semanticCache: embed gave no vector');
      const made = unit(vector);
      this.#rest.worked();
      return made;
    } catch (error) {
      if (call.signal.aborted) throw error;
      const { events } = call.runtime;
      if (events.active) events.emit(faulted, this.#options.unit, call, { error, open: true });
      if (isOfTheCall(error, call.signal)) this.#rest.worked();
      else this.#rest.failed();
      return undefined;
    }
  }

  async #asked(input: string, url: string, call: Call, next: Handler): Promise<ArrayLike<number>> {
    const { model, dimensions } = this.#options;
    const params = { model, input, ...(dimensions !== undefined && { dimensions }) };
    const derived = call.derive({ operation: embeddings, url, params });
    const reply = await ask(next, derived);
    if (!reply.ok) throw (await reply.failure()) ?? new Failure('server', { status: reply.status });
    return vectorIn(await reply.json());
  }
}

/** Whether another question, or somebody else's, may well be embedded. */
function isOfTheCall(error: unknown, signal: AbortSignal): boolean {
  const { kind } = classify(error, signal);
  return ['refused', 'invalid_request', 'context_length', 'content_filter'].includes(kind);
}

/** The vector in the body of an embeddings reply: a list of numbers, or their bytes in base64. */
function vectorIn(body: unknown): ArrayLike<number> {
  const { data } = Object(body) as { data?: { embedding?: unknown }[] };
  const embedding = data?.[0]?.embedding;
  if (Array.isArray(embedding)) return embedding as number[];
  if (typeof embedding !== 'string') {
    throw new EmbeddingError('semanticCache: the reply to an embeddings request has no embedding');
  }
  const bytes = Buffer.from(embedding, 'base64');
  return Float32Array.from({ length: bytes.byteLength >> 2 }, (_, at) => bytes.readFloatLE(4 * at));
}
