import { tryCall, type Call, type FailedTry, type Handler, type Reply, type Tried } from '@interpose/core';

/** One of the tries of a call. */
interface Arm {
  readonly stop: AbortController;
  readonly tried: Promise<Tried>;
  /** What there is of a reply, also before its first content. */
  reply?: Reply;
  /** What became of it, once that is known. */
  result?: Tried;
}

/** Why a try is stopped that lost: its connection is closed, and whoever waits for its end is told. */
const LOST = new Error('another try of the same call was faster');

/** Several tries of one call at the same time. The first with content wins; the others are stopped. */
export class Race {
  readonly #next: Handler;
  readonly #arms: Arm[] = [];
  #winner: Tried | undefined;

  constructor(next: Handler) {
    this.#next = next;
  }

  /** Starts a try. The caller's abort reaches it, as it reaches all. */
  start(call: Call): void {
    const stop = new AbortController();
    const own = call.with({ signal: AbortSignal.any([call.signal, stop.signal]) });
    const asked = async (given: Call): Promise<Reply> => {
      const reply = await this.#next(given);
      arm.reply = reply;
      // Stopped in the meantime, and whoever answered did not notice.
      if (stop.signal.aborted) void reply.cancel(LOST);
      return reply;
    };
    const tried = tryCall(asked, own).then((result) => this.#came(arm, result));
    const arm: Arm = { stop, tried };
    this.#arms.push(arm);
  }

  /** The reply of the first try that has content; or, when all have failed, the failure of the first. */
  async end(): Promise<Tried> {
    for (;;) {
      if (this.#winner) return this.#winner;
      const open = this.#arms.filter(({ result }) => !result);
      if (open.length === 0) return this.#firstFailure();
      await Promise.race(open.map(({ tried }) => tried));
    }
  }

  /** Stops all that are under way. */
  abandon(except?: Arm): void {
    for (const arm of this.#arms) {
      if (arm === except) continue;
      arm.stop.abort(LOST);
      void arm.reply?.cancel(LOST);
    }
  }

  #came(arm: Arm, result: Tried): Tried {
    arm.result = result;
    // Nobody wins after the first, also where both came in one turn.
    if (!result.failure && !this.#winner) {
      this.#winner = result;
      this.abandon(arm);
    }
    return result;
  }

  #firstFailure(): FailedTry {
    for (const { reply } of this.#arms.slice(1)) void reply?.cancel();
    return this.#arms[0]?.result as FailedTry;
  }
}
