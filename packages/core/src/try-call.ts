import { ask } from './ask.ts';
import type { Call } from './call.ts';
import { classify } from './classify.ts';
import type { Failure } from './failure.ts';
import type { Handler } from './plugin.ts';
import type { Reply } from './reply.ts';

/** A try that came to nothing. */
export interface FailedTry {
  readonly failure: Failure;
  /** What was thrown: by the handler, or by the reply before its first content. */
  readonly thrown: unknown;
  /** The reply, where there was one: with an error status, or dead before its first content. */
  readonly reply?: Reply;
}

/** What a try came to: a reply that is worth handing on, or a failure. */
export type Tried = { readonly reply: Reply; readonly failure?: undefined } | FailedTry;

/** One try, up to the first content: until then nothing was handed on, and the call may be sent again or elsewhere. */
export function tryCall(handler: Handler, call: Call): Promise<Tried> {
  return ask(handler, call).then(
    (reply) =>
      reply.commit().then(
        () => ({ reply }),
        (thrown: unknown) => failedTry(call, thrown, reply),
      ),
    (thrown: unknown) => failedTry(call, thrown),
  );
}

/** A try that failed of what was thrown. */
export function failedTry(call: Call, thrown: unknown, reply?: Reply): FailedTry {
  return { failure: classify(thrown, call.signal), thrown, ...(reply && { reply }) };
}

/**
 * Hands a failure on as it came: also a stream that died before its first content, for what came of it, and its end, is
 * the caller's to see.
 *
 * @throws the signal's reason, where the caller gave up; else what was thrown, where there is no reply.
 */
export function surface({ reply, thrown }: FailedTry, signal: AbortSignal): Reply {
  if (signal.aborted) {
    void reply?.cancel(signal.reason);
    throw signal.reason;
  }
  if (!reply) throw thrown;
  return reply;
}
