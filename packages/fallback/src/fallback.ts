import {
  ANSWERED_BY,
  deadline,
  detour,
  detoured,
  failedTry,
  surface,
  tryCall,
  type Call,
  type FailedTry,
  type Handler,
  type Plugin,
  type Reply,
  type Tried,
} from '@interpose/core';
import { FallbackError } from './fallback-error.ts';
import {
  fallbackSettings,
  type FallbackOptions,
  type FallbackTarget,
  type Place,
  type TargetFailure,
} from './fallback-options.ts';
import { mayHeal } from './moves.ts';

/**
 * Sends a call that failed to another target, the first that may answer it: another model, account, region or provider
 * that speaks the API. Only before the first content: after it an error is an error, and nothing is spliced.
 *
 * @throws {ConfigurationError} for a wrong target or option.
 * Calls reject with {@link FallbackError} when a target was asked as well and none answered; what goes to no target passes
 * as it is.
 */
export function fallback(targets: readonly FallbackTarget[], options: FallbackOptions = {}): Plugin {
  const settings = fallbackSettings(targets, options);
  const { when, onFallback } = settings;

  return {
    name: 'fallback',
    stage: 'recover',
    retries: true,
    // A reply that breaks after the first content cannot be asked for elsewhere; it must not pass for whole either.
    failOn: ['truncated', 'network', 'timeout', 'stalled'],
    describe: settings.describe,
    create: () => (next) => {
      /** Asks the targets, after the primary failed. */
      async function elsewhere(call: Call, first: FailedTry): Promise<Reply> {
        const failures: TargetFailure[] = [];
        let failed = first;
        let from = call.get(detour)?.target ?? 'primary';
        failures.push({ target: from, failure: first.failure });
        for (const place of settings.targets) {
          if (!call.replayable || call.signal.aborted || isOver(call)) break;
          if (!moves(place, call, failed, failures)) continue;
          const { name } = place;
          const { failure } = failed;
          onFallback?.({ call, failure, failures: [...failures], from, target: name });
          report(call, name, failed);
          void failed.reply?.cancel();
          const tried = await ask(next, call, place);
          if (!tried.failure) return tried.reply.setHeader(ANSWERED_BY, name);
          failures.push({ target: name, failure: tried.failure });
          failed = tried;
          from = name;
        }
        if (failures.length === 1 || call.signal.aborted) return surface(failed, call.signal);
        if (failed.reply?.ok) void failed.reply.cancel();
        throw new FallbackError(failures, failed);
      }

      function moves(
        place: Place,
        call: Call,
        failed: FailedTry,
        failures: readonly TargetFailure[],
      ): boolean {
        // What nobody may decide otherwise: the caller left, or the request means nothing there.
        if (failed.failure.kind === 'aborted' || place.boundBy(call) !== undefined) return false;
        const byDefault = mayHeal(place, call, failed, failures);
        return when({
          call,
          failure: failed.failure,
          failures: [...failures],
          target: place.name,
          byDefault,
        });
      }

      // No async function around the first try: most calls need no other.
      return function fallback(call) {
        return tryCall(next, call).then((tried) =>
          tried.failure ? guarded(tried, () => elsewhere(call, tried)) : tried.reply,
        );
      };
    },
  };
}

/** Whether nothing may be begun for a call any more. */
function isOver(call: Call): boolean {
  return call.runtime.clock.monotonic() >= call.get(deadline);
}

/** A function of the user's may throw; then nobody will read what failed. */
async function guarded(failed: FailedTry, work: () => Promise<Reply>): Promise<Reply> {
  let reply: Reply | undefined;
  try {
    reply = await work();
    return reply;
  } finally {
    if (reply === undefined && failed.reply?.ok) void failed.reply.cancel();
  }
}

/** One try at a target. One that cannot even be aimed at failed as well: a source of keys that is down. */
async function ask(next: Handler, call: Call, place: Place): Promise<Tried> {
  let aimed: Call;
  try {
    aimed = await place.aim(call, 'fallback');
  } catch (error) {
    return failedTry(call, error);
  }
  return tryCall(next, aimed);
}

function report(call: Call, target: string, { failure }: FailedTry): void {
  const { events } = call.runtime;
  if (events.active)
    events.emit(detoured, 'fallback', call, { kind: 'fallback', target, reason: failure.kind });
}
