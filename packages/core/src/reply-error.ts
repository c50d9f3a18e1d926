import { InterposeError } from './error.ts';
import type { Failure } from './failure.ts';

/**
 * Ends a reply that had begun and could not be finished: a stream that was cut, a connection that broke.
 * What was received stays received; nothing is asked again, because part of it was already handed on.
 */
export class ReplyError extends InterposeError {
  override readonly name = 'ReplyError';
  declare readonly failure: Failure;
  /** Characters of text that arrived before the end. */
  readonly receivedCharacters: number;

  constructor(failure: Failure, receivedCharacters: number) {
    super(
      failure.kind === 'truncated'
        ? `The stream ended before the reply was whole, after ${receivedCharacters} characters`
        : `The reply broke off (${failure.message}) after ${receivedCharacters} characters`,
      { code: `reply_${failure.kind}`, status: 502, failure, cause: failure.cause },
    );
    this.receivedCharacters = receivedCharacters;
  }
}
