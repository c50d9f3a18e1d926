import type { Params } from './operation.ts';

/** Who speaks in a conversation. `system` and `developer` instruct; `tool` is what a tool gave back. */
export type Speaker = 'system' | 'developer' | 'user' | 'assistant' | 'tool';

/** One message of a conversation, or one item: a call of a tool, its output, reasoning. */
export interface Entry {
  /** As it stands in the params; never changed in place. */
  readonly value: unknown;
  /** Undefined for what is not understood, or answers a call that is not in the request: not to be taken out. */
  readonly speaker: Speaker | undefined;
  /**
   * Entries with the same number stand and fall together: the calls of tools that a model made in one step, what led
   * to them, and what came back.
   */
  readonly group: number;
  /** Where it stands: `messages.3`, `input.0`. */
  readonly place: string;
}

/** What an operation knows of the conversation in its params. */
export interface Conversation<P extends Params = Params> {
  /** The entries in their order; empty where the params hold none. Instructions beside them are not among them. */
  entries(params: P): readonly Entry[];
  /** The same request with these values of entries, in this order. */
  withEntries(params: P, values: readonly unknown[]): P;
  /** An entry that says this. */
  say(speaker: 'system' | 'user' | 'assistant', text: string): unknown;
  /** The output of a tool with this text in its place; the same value where it is none, or not one of text. */
  withOutput(value: unknown, text: string): unknown;
  /** The same request in which nobody instructs: what `system` and `developer` said is said by the user. */
  withoutInstructions(params: P): P;
}
