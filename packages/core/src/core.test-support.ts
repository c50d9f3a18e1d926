import { getEventListeners } from 'node:events';
import {
  Call,
  Events,
  Reply,
  controlLayer,
  findOperation,
  refusalOf,
  provide,
  FETCH,
  type Fetch,
  type InterposeError,
  type Layer,
  type LayerOptions,
  type Outcome,
  type ReplyInit,
  type Runtime,
  type StackEntry,
} from './index.ts';
import type { FailureKind } from './failure.ts';
import { systemClock } from './clock.ts';

export const CHAT_URL = 'https://api.example/v1/chat/completions';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** The arguments of `fetch` for a chat call. */
export function chatInit(params: object = {}, init: RequestInit = {}): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...params }),
    ...init,
  };
}

/** A layer over a scripted transport. */
export function layerOver(
  transport: Fetch,
  plugins: readonly StackEntry[] = [],
  options?: LayerOptions,
): Layer {
  return controlLayer([provide(FETCH, transport), ...plugins], options);
}

/** Sends one chat call through a layer. */
export function ask(layer: Layer, init: RequestInit = {}, params: object = {}): Promise<Response> {
  return layer.fetch(CHAT_URL, chatInit(params, init));
}

/** Sends one chat call that a layer refuses: the response, and the error for which it stands. */
export async function refusal(
  layer: Layer,
): Promise<{ response: Response; error: InterposeError | undefined }> {
  const response = await ask(layer);
  return { response, error: refusalOf(response.headers) };
}

/** A runtime for calls that are made without a layer. */
function runtime(failOn: readonly FailureKind[] = []): Runtime {
  return {
    clock: systemClock,
    events: new Events(() => 0, quiet),
    failOn: new Set(failOn),
    guard: () => () => {},
  };
}

/** A call that is made without a layer. */
export function callOf(
  init: RequestInit = chatInit(),
  url = CHAT_URL,
  options: { failOn?: FailureKind[] } = {},
): Call {
  const method = init.method ?? 'POST';
  return Call.from({
    runtime: runtime(options.failOn),
    id: 'call_1',
    operation: findOperation(method, new URL(url).pathname),
    input: url,
    init,
    url,
    method,
    tags: {},
    attempt: 1,
  });
}

/** A reply to a chat call, without a layer. */
export function replyOf(
  response: Response,
  options: { failOn?: FailureKind[]; signal?: AbortSignal } & ReplyInit = {},
): Reply {
  const call = callOf(chatInit({}, { signal: options.signal ?? null }), CHAT_URL, options);
  return new Reply(call, response, options);
}

/** A whole chat body. */
export function chatBody(content: string, extra: object = {}): object {
  return {
    id: 'c1',
    object: 'chat.completion',
    model: 'm-1',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    ...extra,
  };
}

export function json(value: unknown, init: ResponseInit = {}): Response {
  return new Response(typeof value === 'string' ? value : JSON.stringify(value), {
    ...init,
    headers: withType('application/json', init.headers),
  });
}

function withType(type: string, given: ResponseInit['headers']): Headers {
  const headers = new Headers(given);
  if (!headers.has('content-type')) headers.set('content-type', type);
  return headers;
}

/** The events of a chat stream, as text of the wire. */
export function piece(content: string, choice = 0): string {
  return data({
    id: 'c1',
    model: 'm-1',
    choices: [{ index: choice, delta: { content }, finish_reason: null }],
  });
}

export function finish(reason = 'stop', choice = 0): string {
  return data({ id: 'c1', model: 'm-1', choices: [{ index: choice, delta: {}, finish_reason: reason }] });
}

export const usage: string = data({
  id: 'c1',
  choices: [],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
});
export const role: string = data({
  id: 'c1',
  choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }],
});
export const done = 'data: [DONE]\n\n';

export function data(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

/** What a test wants to know of a provider's stream: how far it was read and whether it was cancelled. */
export interface Source {
  readonly response: Response;
  readonly log: string[];
  pulls: number;
}

/** A streamed response that gives one chunk per pull; an Error among them breaks it, `undefined` stalls it. */
export function source(
  chunks: Iterable<string | Uint8Array | Error | undefined>,
  init: ResponseInit & { signal?: AbortSignal } = {},
): Source {
  const { signal, ...rest } = init;
  const iterator = chunks[Symbol.iterator]();
  const log: string[] = [];
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        signal?.addEventListener('abort', () => controller.error(signal.reason), { once: true });
      },
      pull(controller): void | Promise<void> {
        result.pulls++;
        const next = iterator.next();
        if (next.done === true) return controller.close();
        if (next.value instanceof Error) return controller.error(next.value);
        if (next.value === undefined) return new Promise(() => {});
        controller.enqueue(typeof next.value === 'string' ? encoder.encode(next.value) : next.value);
      },
      cancel(reason) {
        log.push(`cancelled ${String(reason)}`);
      },
    },
    { highWaterMark: 0 },
  );
  const headers = withType('text/event-stream', rest.headers);
  const result: Source = { response: new Response(body, { ...rest, headers }), log, pulls: 0 };
  return result;
}

/** An outcome in one line: `completed [stop] 3+2 reported, 5 characters`. */
export function told(outcome: Outcome): string {
  const { status, finishReasons, usage: tokens, failure, outputCharacters } = outcome;
  const counted = tokens ? `${tokens.inputTokens}+${tokens.outputTokens} ${tokens.source}` : 'no usage';
  const failed = failure ? `, ${failure.message}` : '';
  return `${status} [${finishReasons.join()}] ${counted}, ${outputCharacters} characters${failed}`;
}

/** What a promise comes to: its value, or the error in one line. */
export async function settledAs(promise: Promise<unknown>): Promise<string> {
  try {
    return String(await promise);
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

/** How many listeners wait for a signal. */
export function listeners(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length;
}

/** Lets everything happen that needs no time. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Collects garbage until `done` holds; gives up in the end, and leaves it to the test to say so. */
export async function collected(done: () => boolean): Promise<void> {
  const gc = (globalThis as { gc?: () => void }).gc;
  if (!gc) throw new Error('vitest has to run with --expose-gc');
  for (let round = 0; round < 200 && !done(); round++) {
    gc();
    await turn();
  }
}
