import type { ScriptedReply } from './scripted-reply.ts';
import type { ProviderStore } from './provider-store.ts';
import type { JsonObject } from './json.ts';

/** One server-sent event before it has become bytes. */
export interface StreamEvent {
  /** The `data:` line. */
  readonly data: string;
  /** The `event:` line, if it has one. */
  readonly name?: string;
  /** Whether it carries something the caller waits for. @default false */
  readonly content?: boolean;
  /** Output tokens that are served with it. @default 0 */
  readonly tokens?: number;
}

/** What an operation answers, before faults and bytes. */
export interface Payload {
  /** The whole body of a plain reply. */
  readonly whole?: string | Uint8Array;
  /** The events of a stream, made as they are asked for. */
  readonly events?: Iterable<StreamEvent>;
  /** Whether `[DONE]` ends the stream. @default false */
  readonly done?: boolean;
  /** @default 'application/json', or 'text/event-stream' with events */
  readonly contentType?: string;
  /** What goes into the ledger; without it the reply costs nothing. */
  readonly bill?: { readonly model: string; readonly inputTokens: number; readonly outputTokens: number };
}

/** What an operation is given. */
export interface OperationCall {
  readonly params: JsonObject;
  readonly reply: ScriptedReply;
  /** Hash of the request's content: the only source of ids and of chance. */
  readonly seed: string;
  readonly model: string;
  /** Token pieces in one stream event. */
  readonly tokensPerChunk: number;
  readonly store: ProviderStore;
  readonly query: URLSearchParams;
  /** What the pattern of the route captured from the path. */
  readonly ids: readonly string[];
  /** Reads the body as a form. */
  readonly form: () => Promise<FormData>;
}

/** Answers the requests of one route. */
export type Operation = (call: OperationCall) => Payload | Promise<Payload>;
