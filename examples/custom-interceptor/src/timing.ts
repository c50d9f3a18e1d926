import type { Interceptor } from '@interpose/core';

/** The whole of an interceptor: a function from handler to handler. It serves plain and streamed replies alike. */
export function timing(report: (line: string) => void): Interceptor {
  return (next) =>
    async function timing(call) {
      const reply = await next(call);
      void reply.outcome.then(({ status, totalMs, usage }) => {
        report(
          `${call.operation.name} ${status}, ${totalMs.toFixed(0)} ms, ${usage?.outputTokens ?? 'no'} tokens`,
        );
      });
      return reply;
    };
}
