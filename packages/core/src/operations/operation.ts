import type { Fit } from './fit.ts';
import type { Conversation } from './conversation.ts';

/** What a piece of model-written text is. */
export type ChannelKind = 'content' | 'refusal' | 'reasoning' | 'arguments' | 'transcript';

/** One run of text in a reply: a choice, an output item, the arguments of one tool call. */
export interface Channel {
  /** Unique within a reply and the same for its streamed and its whole form, e.g. `choice:0:content`. */
  readonly id: string;
  readonly kind: ChannelKind;
}

/** A stretch of text that the model wrote, as it arrived. */
export interface Piece extends Channel {
  readonly text: string;
}

/** Where a text stands in a request, e.g. `{ path: 'messages.0.content.1.text', role: 'user' }`. */
export interface Place {
  /** Dotted path from the root of the params. */
  readonly path: string;
  /** `system`, `developer`, `user`, `assistant` or `tool`, where the wire says so. */
  readonly role?: string;
  /** `json` where the text is JSON inside a string, as tool-call arguments are. */
  readonly format: 'text' | 'json';
}

/** Tokens of one reply, by kind. Input includes cached tokens; output includes reasoning tokens. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  readonly cachedInputTokens?: number;
  readonly cacheWriteTokens?: number;
  readonly reasoningTokens?: number;
  readonly audioInputTokens?: number;
  readonly audioOutputTokens?: number;
  readonly acceptedPredictionTokens?: number;
  readonly rejectedPredictionTokens?: number;
}

/** A call of a function of the caller's, as a reply begins it. */
export interface CallStart {
  /** The id of the channel in which its arguments come. */
  readonly channel: string;
  /** The function's name. */
  readonly name: string;
  /** By which its result is told apart; a call in the older way has none. */
  readonly callId?: string;
}

/** What one event of a stream, or one whole body, says. */
export interface Inspection {
  /** Content-bearing text, in order; empty for preambles, usage and bookkeeping. */
  readonly pieces: readonly Piece[];
  /** True when the value carries model output of any sort (text, tool call, image, vector), also without text. */
  readonly content: boolean;
  readonly usage?: Usage;
  /** Finish reasons that this value reports, one per choice: `stop`, `length`, `tool_calls`, `content_filter`, ... */
  readonly finishReasons?: readonly string[];
  /** The numbers of the choices that `finishReasons` are of, in the same order. Absent where a reply has no choices. */
  readonly finishedChoices?: readonly number[];
  /** Calls of the caller's functions that begin here. */
  readonly calls?: readonly CallStart[];
  /**
   * True when this value by itself says that the reply is whole: a body, or the event that ends a stream.
   * Always false for the events of chat and completions, whose choices finish one by one; see `completion`.
   */
  readonly terminal: boolean;
  /** The provider's error object, when the value is or carries one. */
  readonly error?: unknown;
  readonly id?: string;
  readonly model?: string;
  readonly serviceTier?: string;
  /** The provider's name for the configuration that answered. */
  readonly systemFingerprint?: string;
}

/** Rewrites one channel of text as it passes. Both calls may return the empty string. */
export interface TextTransform {
  /** Takes the next stretch, never empty; returns what may leave now. Text may be held back for a later call. */
  push(text: string): string;
  /** Called once, when the channel ends; returns what was held back. */
  end(): string;
}

/** Rewrites one channel of text, and may say that no more of it is wanted. */
export interface TextCut extends TextTransform {
  /** True once what `push` returned is the last of the text: nothing is pushed after it, and `end` is not called. */
  readonly over: boolean;
}

/** Ends a stream, or some of its choices, before the provider does. One serves one reply. */
export interface Closing {
  /** Takes the next event that is handed on; returns it without what was ended before. */
  event(data: unknown): readonly unknown[];
  /**
   * Ends what a channel is part of, a choice or the whole reply; returns the events that say so.
   *
   * @param like the event after which it ends.
   */
  end(channel: string, like: unknown): readonly unknown[];
  /** Whether nothing more is to come, after something was ended. */
  readonly over: boolean;
  /** The events that make a whole stream of what was handed on. @param usage as far as it is known */
  close(usage: Usage): readonly unknown[];
}

/** Watches the events of one stream go by and tells a whole reply from one that was cut. */
export interface Completion {
  /** Takes the next event. */
  event(data: unknown): void;
  /** True when a stream that closes now has said all it meant to say, with or without `[DONE]`. */
  readonly whole: boolean;
}

/** Applies text transforms to a reply of one operation. One rewriter serves one reply. */
export interface Rewriter {
  /** Rewrites one event. Returns the same object in a one-element array when nothing in it changed. */
  event(data: unknown): readonly unknown[];
  /** Ends the channels that a cut stream left open; returns the events that carry what they held back. */
  end(): readonly unknown[];
  /** Rewrites a whole body. Returns the same object when nothing in it changed. */
  body(data: unknown): unknown;
}

/** How a stream is made to tell its usage, where it does so on request only. */
export interface StreamUsage<P extends Params = Params> {
  /** The same request, asking for usage; the same object where it asks already or is not streamed. */
  ask(params: P): P;
  /** Whether an event is one that comes only because usage was asked for. */
  readonly isExtra: (data: unknown) => boolean;
}

/** What a request says of the shape of its answers. */
export interface Shapes {
  /** Of the text: JSON of any shape, or JSON that a JSON schema allows. Absent where it may be any text. */
  readonly answer?: { readonly kind: 'json' } | { readonly kind: 'schema'; readonly schema: unknown };
  /** JSON schemas of the arguments of the functions that may be called, by their names; undefined where any are allowed. */
  readonly functions?: ReadonlyMap<string, unknown>;
}

/** A turn of a conversation that is over, and what is said to it. */
export interface Turn {
  /** What the model said. */
  readonly text?: string;
  /** What it called, and what came of that. */
  readonly calls: readonly (Omit<CallStart, 'channel'> & {
    readonly arguments: string;
    readonly result: string;
  })[];
  /** What is said to it, in the role of the user. */
  readonly reply?: string;
}

/** The params of a request, as parsed JSON (or the fields of a form). */
export type Params = { readonly [key: string]: unknown };

/**
 * What the core knows of one wire operation. Interceptors ask these and know no JSON paths;
 * a new operation is one new object of this type.
 */
export interface Operation<P extends Params = Params> {
  readonly name: string;
  /** Says whether a request is of this operation. `path` is the URL's path, without query or trailing slash. */
  matches(method: string, path: string): boolean;
  /** The model asked for, if the request names one. */
  model(params: P): string | undefined;
  /** Maps every text of the request that a model reads; returns the same object when nothing changed. */
  mapInput(params: P, map: (text: string, place: Place) => string): P;
  /** The request's limit of output tokens, if it sets one. */
  outputLimit(params: P): number | undefined;
  /** The same request with this limit of output tokens; unchanged where the operation has no limit. */
  withOutputLimit(params: P, tokens: number): P;
  /** The same request for another model or provider, as far as that is known to refuse it as it is. Absent where none does. */
  fit?(params: P, to: Fit): P;
  /** What the request refers to that is nowhere but at the account that it was written for: the name of the field. */
  boundBy?(params: P): string | undefined;
  /** What the request does at the provider besides being answered: the name of a field, or the type of a tool. */
  sideEffect?(params: P): string | undefined;
  /** Absent where a request holds no conversation. */
  readonly conversation?: Conversation<P>;
  /** Absent where streams tell their usage unasked. */
  readonly streamUsage?: StreamUsage<P>;
  /** The shapes that the request asks its answers to have. Absent where requests say nothing of that. */
  shapes?(params: P): Shapes;
  /** The same request with one more turn at the end of its conversation. Absent where there is no conversation. */
  followUp?(params: P, turn: Turn): P;
  /** Reads one event of a stream. */
  inspectEvent(data: unknown): Inspection;
  /** Reads a whole body. */
  inspectBody(data: unknown): Inspection;
  /** Prepares to watch one stream. */
  completion(): Completion;
  /**
   * Prepares a pass over one reply. `open` is called when the first text of a channel comes; and again for text that
   * comes after the channel ended, where a provider returns to a channel that it had left for another.
   */
  rewriter(open: (channel: Channel) => TextTransform): Rewriter;
  /** Prepares to end the stream that answers a request; absent where streams cannot be ended so that they are whole. */
  closing?(params: P): Closing;
  /** Adds the events of a completed stream up to the body that a plain request would have got, or `undefined`. */
  assemble(events: readonly unknown[]): unknown;
  /**
   * Plays a whole body back as the events that a streamed request would have got; empty where that cannot be done.
   * With the `params` of the request, leaves out what it did not ask for (the usage chunk of a chat stream).
   */
  playback(body: unknown, params?: P): readonly unknown[];
  /** Whether the wire ends a stream with `data: [DONE]`. */
  readonly doneMarker: boolean;
}
