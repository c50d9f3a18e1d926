import type { Fetch } from '@interpose/core';

/** A provider of one answer that counts what is asked of it. */
export interface Source {
  readonly fetch: Fetch;
  /** How many chunks were pulled. */
  readonly pulls: number;
  /** The signal that came with the last request. */
  readonly signal: AbortSignal | undefined;
  /** Whether it was told to stop, by the signal or by cancelling the body. */
  readonly stopped: boolean;
  /** How many requests came. */
  readonly requests: number;
}

/** How a body ends: in order, with an error, or never. */
export type Ending = 'close' | 'hang' | Error;

/** What stands for one event of a chat stream. */
export function delta(content: string, finish: string | null = null): string {
  const choice = { index: 0, delta: finish === null ? { content } : {}, finish_reason: finish };
  const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'gpt-4o-mini', choices: [choice] };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

/** Makes a provider that streams these chunks, each made when it is pulled and not before. */
export function source(chunks: () => Iterable<string>, ending: Ending = 'close'): Source {
  const state = { pulls: 0, stopped: false, requests: 0, signal: undefined as AbortSignal | undefined };
  async function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    state.requests++;
    state.signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    state.signal?.throwIfAborted();
    const body = bodyOf(chunks(), ending, state);
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  }
  return Object.defineProperties({ fetch }, getters(state)) as unknown as Source;
}

/** Makes a provider that never answers, until it is told to stop. */
export function silence(): Source {
  const state = { pulls: 0, stopped: false, requests: 0, signal: undefined as AbortSignal | undefined };
  function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    state.requests++;
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    state.signal = signal;
    return new Promise((_, reject) => {
      signal?.addEventListener(
        'abort',
        () => {
          state.stopped = true;
          reject(signal.reason as Error);
        },
        { once: true },
      );
    });
  }
  return Object.defineProperties({ fetch }, getters(state)) as unknown as Source;
}

interface State {
  pulls: number;
  stopped: boolean;
  requests: number;
  signal: AbortSignal | undefined;
}

function getters(state: State): PropertyDescriptorMap {
  const names = ['pulls', 'stopped', 'requests', 'signal'] as const;
  return Object.fromEntries(names.map((name) => [name, { get: () => state[name] }]));
}

function bodyOf(chunks: Iterable<string>, ending: Ending, state: State): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.iterator]();
  const { signal } = state;
  let stop = (): void => {};
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        stop = () => {
          state.stopped = true;
          controller.error(signal?.reason);
        };
        signal?.addEventListener('abort', stop, { once: true });
      },
      async pull(controller) {
        const next = iterator.next();
        if (!next.done) {
          state.pulls++;
          controller.enqueue(Buffer.from(next.value));
          return;
        }
        if (ending === 'hang') return new Promise(() => {});
        signal?.removeEventListener('abort', stop);
        if (ending === 'close') controller.close();
        else controller.error(ending);
      },
      cancel() {
        state.stopped = true;
        signal?.removeEventListener('abort', stop);
      },
    },
    { highWaterMark: 0 },
  );
}
