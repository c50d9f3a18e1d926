import type { StreamEvent } from './sse.ts';

/**
 * Sees a reply pass, after the transforms of units further in and before those further out. Must not
 * change what it is shown. What it throws ends the reply with that error.
 */
export interface Observer {
  /** Called with each event of a streamed reply, in order, except `[DONE]`. */
  event?(event: StreamEvent): void;
  /** Called once with the parsed body of a plain reply. */
  body?(body: unknown): void;
  /** Called when somebody begins to wait for the provider: who reads the reply, or waits for its `commit`. */
  waiting?(): void;
  /** Called when what was waited for has come; `content` says whether output of the model is in it. */
  arrived?(content: boolean): void;
}
