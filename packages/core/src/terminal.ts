import type { Call } from './call.ts';
import { classify } from './classify.ts';
import type { Clock } from './clock.ts';
import { attemptEnded, attempted } from './events.ts';
import type { Handler } from './plugin.ts';
import { Reply } from './reply.ts';
import type { Fetch } from './runtime.ts';
import { arrived, usageWanted } from './well-known.ts';

/** The end of the chain. No async function: its frame would be held for as long as the provider takes. */
export function terminal(clock: Clock, network: Fetch): Handler {
  return function send(call) {
    const { events } = call.runtime;
    try {
      call.signal.throwIfAborted();
      if (events.active) events.emit(attempted, 'core', call, { attempt: call.attempt });
      const startedAt = clock.monotonic();
      const asking = call.get(usageWanted) ? askForUsage(call) : call;
      const isExtra = asking === call ? undefined : call.operation.streamUsage?.isExtra;
      const [input, init] = asking.request();
      const replied = Promise.resolve((call.transport ?? network)(input, init)).then((response: unknown) => {
        // Some doubles of fetch resolve with the error that they mean to throw; the official client lets them.
        if (response instanceof Error) throw response;
        const reply = new Reply(call, response as Response, { startedAt, isExtra });
        return call.get(arrived)?.(reply) ?? reply;
      });
      if (events.listensTo(attemptEnded)) reportAttempt(call, replied);
      return replied;
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

function askForUsage(call: Call): Call {
  const params = call.operation.streamUsage?.ask(call.params);
  return params === undefined || params === call.params ? call : call.with({ params });
}

function reportAttempt(call: Call, replied: Promise<Reply>): void {
  const { attempt, signal, runtime } = call;
  const { events } = runtime;
  void replied.then(
    (reply) => {
      const { status, requestId } = reply;
      void reply.outcome.then((outcome) => {
        const { failure } = outcome;
        events.emit(attemptEnded, 'core', call, {
          attempt,
          outcome,
          status,
          ...(requestId !== undefined && { requestId }),
          ...(failure && { failure }),
        });
      });
    },
    (error: unknown) =>
      events.emit(attemptEnded, 'core', call, { attempt, failure: classify(error, signal) }),
  );
}
