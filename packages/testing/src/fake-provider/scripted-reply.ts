import type { ErrorBody } from './api-error.ts';

/** How a connection ends before its time: an orderly close (FIN), or a reset (RST). */
export type CutHow = 'close' | 'reset';

/** Where in a body something happens: after so many events (comments do not count), or after so many bytes. */
export type Place = { readonly afterEvents: number } | { readonly atByte: number };

/** A call of a tool. `arguments` that are not a string are sent as their JSON. */
export interface ScriptedToolCall {
  readonly name: string;
  readonly arguments?: unknown;
}

/** Token counts to report in place of the true ones. */
export interface ScriptedUsage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** Part of the input that was read from the provider's cache. */
  readonly cachedTokens?: number;
  /** Part of the input that was written to the provider's cache. */
  readonly cacheWriteTokens?: number;
  /** Part of the output that was thinking. */
  readonly reasoningTokens?: number;
}

/**
 * What the provider does with one request, as plain data. An empty object is the default answer.
 * All durations are in milliseconds.
 */
export interface ScriptedReply extends ScriptedFaults, ScriptedContent, ScriptedWire {
  /** HTTP status. From 400 on, the body is an error in OpenAI's shape unless `body` says otherwise. @default 200 */
  readonly status?: number;
  /** Headers that are added to the usual ones, or replace them. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent instead of the answer, as JSON, also to a request that asked for a stream. A string is sent as it is. */
  readonly body?: unknown;
}

/** What the model says. */
export interface ScriptedContent {
  /** The text; a list has one text for each choice. */
  readonly text?: string | readonly string[];
  readonly toolCalls?: readonly ScriptedToolCall[];
  readonly refusal?: string;
  /** What the model thinks: summary deltas of a responses call, and `reasoning_tokens` everywhere. */
  readonly reasoning?: string;
  /** `stop`, `length`, `tool_calls` or `content_filter`; the last three make a response incomplete where they apply. */
  readonly finishReason?: string;
  /** Ends a responses call as `failed`. Other operations ignore it. */
  readonly failed?: { readonly code: string; readonly message: string };
  readonly usage?: ScriptedUsage;
}

/** What goes wrong, and when. */
export interface ScriptedFaults {
  /** Refuses the connection: ECONNREFUSED in process, a reset before any byte over HTTP. */
  readonly refuse?: boolean;
  /** Wait before the headers. */
  readonly latency?: number;
  /** Wait before the first event that carries content, or before the body of a plain reply. */
  readonly firstContentDelay?: number;
  /** Wait between events. */
  readonly drip?: number;
  /** Stops for ever with the connection open; `keepAlive` sends an SSE comment that often while nothing happens. */
  readonly stall?: Place & { readonly keepAlive?: number };
  /** Ends the connection early. */
  readonly cut?: Place & { readonly how?: CutHow };
  /**
   * `json`: the JSON of a plain reply, or of the first event with content, ends in the middle.
   * `sse`: from the first event with content on, the blank lines between the events are missing.
   */
  readonly malformed?: 'json' | 'sse';
  /**
   * Sends an error after so many events of a 200 and ends the stream.
   * `named` sends it under `event: error`. @default true for responses, false for the others
   */
  readonly errorInStream?: {
    readonly afterEvents: number;
    readonly error: ErrorBody;
    readonly named?: boolean;
  };
}

/** How the bytes look. */
export interface ScriptedWire {
  /** Raw JSON events to stream, whatever was asked for. */
  readonly events?: readonly unknown[];
  /** One raw JSON event, streamed so many times. It is made lazily: a huge stream needs little memory. */
  readonly repeat?: { readonly event: unknown; readonly times: number };
  /** Sends an SSE comment that often during the waits between events. */
  readonly keepAlive?: number;
  /** @default '\n' */
  readonly lineEnding?: '\n' | '\r\n';
  /** Splits the writes into pieces of so many bytes, to cut characters and SSE lines anywhere. */
  readonly chunkBytes?: number;
  /** Leaves out the `[DONE]` at the end. */
  readonly omitDone?: boolean;
  /** Leaves out `usage`. */
  readonly omitUsage?: boolean;
}
