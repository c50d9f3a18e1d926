import {
  Failure,
  ask,
  attemptFailed,
  classify,
  deadline,
  totalUsage,
  usageWanted,
  type Call,
  type Handler,
  type OutcomeUsage,
  type Reply,
} from '@interpose/core';
import type { Choice } from './answers.ts';
import type { Demands } from './demands.ts';
import { hearPlain, hearStream, type Hearing } from './hearing.ts';
import { InvalidOutputError, scrubbed, type NotRepaired } from './invalid-output-error.ts';
import { Judge, type Court } from './judge.ts';
import { judgedAtTheEnd, judgedInPassing } from './live.ts';
import { objectionTo } from './objection.ts';
import type { Verdict } from './verdict.ts';

/** What one call needs until it is answered. */
interface Trial {
  readonly call: Call;
  readonly next: Handler;
  readonly demands: Demands;
  readonly startedAt: number;
  /** Tells the events that came only because usage was asked for, where the stream is handed on in another reply. */
  readonly isExtra: ((data: unknown) => boolean) | undefined;
}

/** Has calls answered, and judges the answers. */
export class Validation {
  readonly #court: Court;

  constructor(court: Court) {
    this.#court = court;
  }

  /** No async function: its frame would be held for as long as the provider takes. */
  answer(call: Call, demands: Demands, next: Handler): Promise<Reply> {
    const startedAt = this.#court.clock.monotonic();
    const inPassing = this.#inPassing(demands);
    const asking = call.get(usageWanted) && call.streamed && !inPassing ? askForUsage(call) : call;
    const isExtra = asking === call ? undefined : call.operation.streamUsage?.isExtra;
    const trial: Trial = { call, next, demands, startedAt, isExtra };
    return ask(next, asking).then((reply) => {
      if (!reply.ok) return reply;
      if (reply.streamed && this.#court.settings.deliver === 'live')
        return this.#live(reply, trial, inPassing);
      return this.#heard(reply, asking, trial);
    });
  }

  /** Whether a stream can be judged while it passes, and nobody has to be waited for. */
  #inPassing({ standard, checks }: Demands): boolean {
    return this.#court.settings.deliver === 'live' && !standard && checks.length === 0;
  }

  #live(reply: Reply, { call, next, demands, startedAt, isExtra }: Trial, inPassing: boolean): Reply {
    const { early } = this.#court.settings;
    const judge = new Judge(this.#court, { call, next, demands, mends: false });
    const ended = (verdict: Verdict, stoppedEarly: boolean): Error | undefined => {
      judge.report(verdict, reply.call.attempt);
      if (verdict.violations.length === 0) return undefined;
      return this.#error(verdict, { attempts: 1, stoppedEarly, notRepaired: 'delivered' });
    };
    const init = { judge, early, isExtra, startedAt, ended };
    return inPassing ? judgedInPassing(reply, init) : judgedAtTheEnd(reply, init);
  }

  /** Judges a reply before it is handed on; asks again as long as that may help. */
  async #heard(first: Reply, asking: Call, trial: Trial): Promise<Reply> {
    const spent: (OutcomeUsage | undefined)[] = [];
    let reply = first;
    let sent = asking;
    for (let attempts = 1; ; attempts++) {
      const hearing = await this.#hear(reply, trial);
      const { verdict, stoppedEarly } = hearing;
      if (!verdict || verdict.violations.length === 0) {
        // Of an answer that failed in another way than by its shape, what went before is told all the same.
        return hearing.release({ verdict, attempts, spent: totalUsage(spent) });
      }
      spent.push(await hearing.used());
      const again = this.#again(sent, reply, verdict, attempts);
      const { events } = trial.call.runtime;
      const failure = new Failure('invalid_output');
      if (events.active) {
        const retrying = typeof again !== 'string';
        events.emit(attemptFailed, 'validate', sent, { attempt: reply.call.attempt, failure, retrying });
      }
      const facts = { attempts, stoppedEarly, usage: totalUsage(spent) };
      if (typeof again === 'string') throw this.#error(verdict, { ...facts, notRepaired: again });
      sent = again;
      reply = await this.#askedAgain(again, trial.next, (cause) =>
        this.#error(verdict, { ...facts, notRepaired: 'failed', cause }),
      );
    }
  }

  async #hear(reply: Reply, { call, next, demands, startedAt, isExtra }: Trial): Promise<Hearing> {
    const { mends, early } = this.#court.settings;
    const judge = new Judge(this.#court, { call, next, demands, mends });
    const init = { judge, early, startedAt, isExtra };
    try {
      const hearing = await (reply.streamed ? hearStream(reply, init) : hearPlain(reply, init));
      if (hearing.verdict) judge.report(hearing.verdict, reply.call.attempt);
      return hearing;
    } catch (error) {
      void reply.cancel(error);
      throw error;
    }
  }

  /** The call to make next, or why there is none. */
  #again(sent: Call, reply: Reply, verdict: Verdict, attempts: number): Call | NotRepaired {
    const { settings, clock } = this.#court;
    const { operation } = sent;
    if (attempts > settings.repairs) return 'attempts';
    if (!operation.followUp || !sent.replayable) return 'not-replayable';
    if (clock.monotonic() >= sent.get(deadline)) return 'deadline';
    const objection = objectionTo(verdict.choice ?? NOBODY, verdict.violations);
    const params = operation.followUp(sent.params, objection);
    const key = sent.headers.get('idempotency-key');
    return sent.with({
      params,
      attempt: reply.call.attempt + 1,
      // Another question: under the same key it would be given the same answer.
      ...(key !== null && { headers: { 'idempotency-key': `${key}-${attempts + 1}` } }),
    });
  }

  async #askedAgain(call: Call, next: Handler, failed: (cause: unknown) => Error): Promise<Reply> {
    let reply: Reply;
    try {
      reply = await ask(next, call);
    } catch (error) {
      if (call.signal.aborted) throw error;
      throw failed(error);
    }
    if (reply.ok) return reply;
    const cause = (await reply.failure()) ?? classify(undefined, call.signal);
    throw failed(cause);
  }

  #error(
    { violations }: Verdict,
    facts: Omit<ConstructorParameters<typeof InvalidOutputError>[0], 'violations'>,
  ): InvalidOutputError {
    const shown = violations.map((violation) => scrubbed(violation, this.#court.scrub));
    return new InvalidOutputError({ ...facts, violations: shown });
  }
}

const NOBODY: Choice = { number: 0, texts: [], calls: [], refused: false, finish: undefined };

/** Asks in the request itself, so that what comes for it is among the events that are held or handed on. */
function askForUsage(call: Call): Call {
  const params = call.operation.streamUsage?.ask(call.params);
  if (params === undefined || params === call.params) return call;
  return call.with({ params });
}
