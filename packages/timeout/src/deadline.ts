import {
  CLOCK,
  ConfigurationError,
  deadline as DEADLINE,
  type Call,
  type Duration,
  type Plugin,
} from '@interpose/core';
import { alarm } from './alarm.ts';
import { Bounded } from './bounded.ts';
import { span, tagged } from './spans.ts';
import { TimeoutError } from './timeout-error.ts';

/**
 * Bounds a whole call in time, with all of its waits and attempts, to the end of its reply. It is known further in: nothing is
 * begun there that could only begin later, and no queue holds the call beyond it.
 *
 * @param total how long a call may take; one may say otherwise by the tag `deadline`.
 * @throws {ConfigurationError} for what is no duration.
 * Calls reject with {@link TimeoutError}, and replies end with it.
 */
export function deadline(total: Duration): Plugin {
  if (total === undefined) throw ConfigurationError.option('deadline', 'total', 'a duration', total);
  const totalMs = span(total, 'deadline', 'total');
  return {
    name: 'deadline',
    stage: 'protect',
    describe: () => ({ total }),
    create(container) {
      const clock = container.resolve(CLOCK);
      /** When the calls began whose clients send them again themselves. */
      const begun = new Map<string, number>();

      function beginning(call: Call): number {
        const now = clock.monotonic();
        if (!call.resends) return now;
        const known = begun.get(call.id);
        if (known !== undefined) return known;
        begun.set(call.id, now);
        call.resends.whenDone(() => begun.delete(call.id));
        return now;
      }

      return (next) =>
        function deadline(call) {
          const limitMs = tagged(call, 'deadline', 'deadline', totalMs);
          const startedAt = beginning(call);
          const at = startedAt + limitMs;
          // One that is set further out may come before, and there may be none.
          if (at >= call.get(DEADLINE)) return next(call);
          const leftMs = at - clock.monotonic();
          if (leftMs <= 0) return Promise.reject(late(limitMs, clock.monotonic() - startedAt));
          const bounded = new Bounded('deadline', call, clock, startedAt);
          bounded.onOver(alarm(clock, leftMs, () => bounded.ring('deadline', limitMs)));
          return bounded.send(next, { context: [[DEADLINE, at]] });
        };
    },
  };
}

/** Of a call whose time was over before this attempt of its client's. */
function late(limitMs: number, elapsedMs: number): TimeoutError {
  return new TimeoutError({ clock: 'deadline', limitMs, elapsedMs, answered: false, receivedCharacters: 0 });
}
