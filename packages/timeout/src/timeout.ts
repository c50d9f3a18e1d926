import { CLOCK, type Call, type Clock, type Handler, type Plugin, type Reply } from '@interpose/core';
import { alarm } from './alarm.ts';
import { Bounded } from './bounded.ts';
import { timeoutSettings, type Limits, type TimeoutOptions } from './timeout-options.ts';
import { Watchdog } from './watchdog.ts';

/**
 * Bounds each attempt in time: the whole of it, and of a stream the headers, the first content, and the time from one
 * content to the next. Content is what feeds the last two: comments, pings and empty deltas are none.
 *
 * @throws {ConfigurationError} for a wrong option.
 * Calls reject with {@link TimeoutError}, and streams end with it: transient failures, that `retry` acts on as long as nothing of
 * the answer was handed on.
 */
export function timeout(options: TimeoutOptions = {}): Plugin {
  const settings = timeoutSettings(options);
  return {
    name: 'timeout',
    stage: 'attempt',
    describe: settings.describe,
    create(container) {
      const clock = container.resolve(CLOCK);
      return (next) =>
        function timeout(call) {
          const limits = settings.of(call);
          const { attemptMs, headersMs, firstContentMs, betweenContentMs } = limits;
          const content = Math.min(headersMs, firstContentMs, betweenContentMs);
          // Of a plain reply nothing is seen before it is whole. Whether it is one is asked only where that matters.
          const streamed = content < Infinity && call.streamed;
          if (attemptMs === Infinity && !streamed) return next(call);
          return bounded(call, clock, limits, streamed, next);
        };
    },
  };
}

function bounded(
  call: Call,
  clock: Clock,
  { attemptMs, headersMs, ...patience }: Limits,
  streamed: boolean,
  next: Handler,
): Promise<Reply> {
  const attempt = new Bounded('timeout', call, clock, clock.monotonic());
  if (attemptMs < Infinity) {
    attempt.onOver(alarm(clock, attemptMs, () => attempt.ring('attempt', attemptMs)));
  }
  if (!streamed) return attempt.send(next, {});
  const watchdog = new Watchdog(clock, patience, (name, limitMs) => attempt.ring(name, limitMs));
  attempt.onOver(() => watchdog.end());
  // The first content is waited for from here on.
  watchdog.waiting();
  const stopHeaders =
    headersMs < Infinity ? alarm(clock, headersMs, () => attempt.ring('headers', headersMs)) : undefined;
  if (stopHeaders) attempt.onOver(stopHeaders);
  return attempt.send(next, {}, (reply) => {
    stopHeaders?.();
    watchdog.arrived(false);
    reply.tap({ waiting: () => watchdog.waiting(), arrived: (isContent) => watchdog.arrived(isContent) });
  });
}
