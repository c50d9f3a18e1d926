import type { Fetch } from '@interpose/core';

/** How a body ends: in order, with an error, or never. */
export type Ending = 'close' | 'hang' | Error;

/** What one event of a chat stream is on the wire; the last has a finish reason. */
export function delta(content: string, finish: string | null = null): string {
  const choice = { index: 0, delta: finish === null ? { content } : {}, finish_reason: finish };
  const chunk = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    model: 'gpt-4o-mini',
    choices: [choice],
  };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

/** A provider that gives one answer and counts what is asked of it. */
export class Source {
  /** How many chunks were pulled. */
  pulls = 0;
  /** How many requests came that were not aborted yet. */
  requests = 0;
  /** Whether it was told to stop, by the signal or by cancelling the body. */
  stopped = false;
  /** The signal that came with the last request. */
  signal: AbortSignal | undefined;
  readonly #answer: ((source: Source) => Response) | undefined;

  private constructor(answer?: (source: Source) => Response) {
    this.#answer = answer;
  }

  /** Streams these chunks, each made when it is pulled and not before. */
  static of(chunks: () => Iterable<string>, ending: Ending = 'close'): Source {
    const headers = { 'content-type': 'text/event-stream' };
    return new Source((source) => new Response(bodyOf(chunks(), ending, source), { headers }));
  }

  /** Never answers, until it is told to stop. */
  static silent(): Source {
    return new Source();
  }

  readonly fetch: Fetch = async (input, init) => {
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    signal?.throwIfAborted();
    this.requests++;
    this.signal = signal;
    if (this.#answer) return this.#answer(this);
    return new Promise((_, reject) => {
      const stop = (): void => {
        this.stopped = true;
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', stop, { once: true });
    });
  };
}

function bodyOf(chunks: Iterable<string>, ending: Ending, source: Source): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.iterator]();
  const { signal } = source;
  let stop = (): void => {};
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        stop = () => {
          source.stopped = true;
          controller.error(signal?.reason);
        };
        signal?.addEventListener('abort', stop, { once: true });
      },
      pull(controller) {
        const next = iterator.next();
        if (!next.done) {
          source.pulls++;
          controller.enqueue(Buffer.from(next.value));
          return;
        }
        if (ending === 'hang') return new Promise(() => {});
        signal?.removeEventListener('abort', stop);
        if (ending === 'close') controller.close();
        else controller.error(ending);
      },
      cancel() {
        source.stopped = true;
        signal?.removeEventListener('abort', stop);
      },
    },
    { highWaterMark: 0 },
  );
}
