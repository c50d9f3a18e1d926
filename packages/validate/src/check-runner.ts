import { abortable, ask, deadline, within, type Call, type Clock, type Handler } from '@interpose/core';
import type { Check, CheckArgs, CheckResult } from './check.ts';
import { tolerate } from './faults.ts';
import type { Parsed } from './shape-judge.ts';
import { standardViolations, type AnyStandardSchema } from './standard-schema.ts';
import type { Finding } from './verdict.ts';
import type { ValidateSettings } from './validate-options.ts';
import type { Violation } from './violation.ts';

/** A check, or a schema of a library, that took too long. */
export class CheckTimeoutError extends Error {
  override readonly name = 'CheckTimeoutError';
  readonly code = 'check_timeout';

  constructor(check: string, ms: number) {
    super(`validate: the check ${check} did not end within ${ms} ms`);
  }
}

/** Asks what others say to answers: checks, and the schemas of libraries. Each within its time. */
export class CheckRunner {
  readonly #settings: ValidateSettings;
  readonly #clock: Clock;

  constructor(settings: ValidateSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /**
   * What a check says to an answer.
   *
   * @throws {FaultError} where it broke, and answers that it cannot judge are not believed; the signal's reason when the
   * call is aborted.
   */
  async run(check: Check, parsed: Parsed, call: Call, next: Handler): Promise<Finding> {
    const { name, severity = 'error' } = check;
    // Signals are made for those that need them.
    let over: AbortController | undefined;
    const signal = (): AbortSignal => {
      over ??= new AbortController();
      return AbortSignal.any([call.signal, over.signal]);
    };
    const args: CheckArgs = {
      call,
      text: parsed.text,
      answer: parsed.value,
      get signal() {
        return signal();
      },
      ask: (request) => ask(next, call.derive({ signal: signal(), ...request })),
    };
    const open = severity === 'warn' || this.#settings.onFault === 'open';
    const result = await this.#guarded(
      name,
      call,
      open,
      () => check.test(args),
      (error) => over?.abort(error),
    );
    if (result !== undefined) return findingOf(name, severity, result);
    return { name, severity, verdict: 'unjudged', explanation: 'the check broke' };
  }

  /**
   * What a schema says to an answer; undefined where it broke, and answers are believed all the same.
   *
   * @throws as `run` does.
   */
  async violations(
    schema: AnyStandardSchema,
    { value }: Parsed,
    call: Call,
  ): Promise<readonly Violation[] | undefined> {
    const open = this.#settings.onFault === 'open';
    return this.#guarded('schema', call, open, () => standardViolations(schema, value));
  }

  /** @param left told of why the work is not waited for any more */
  async #guarded<T>(
    name: string,
    call: Call,
    open: boolean,
    work: () => T | Promise<T>,
    left?: (error: unknown) => void,
  ): Promise<T | undefined> {
    try {
      const given = work();
      return given instanceof Promise ? await this.#inTime(name, call, given) : given;
    } catch (error) {
      left?.(error);
      if (call.signal.aborted) throw call.signal.reason;
      tolerate(error, call, open);
      return undefined;
    }
  }

  /** No longer than a check may take, nor than the call may. */
  #inTime<T>(name: string, call: Call, given: Promise<T>): Promise<T> {
    const left = call.get(deadline) - this.#clock.monotonic();
    const ms = Math.max(0, Math.min(this.#settings.checkTimeoutMs, left));
    const late = (): Error => new CheckTimeoutError(name, ms);
    return within({ clock: this.#clock, ms, late }, () => abortable(given, call.signal));
  }
}

function findingOf(name: string, severity: 'error' | 'warn', result: CheckResult): Finding {
  const { pass, score, expected } = typeof result === 'boolean' ? { pass: result } : result;
  return {
    name,
    severity,
    verdict: pass ? 'pass' : 'fail',
    ...(score !== undefined && { score }),
    ...(!pass && expected !== undefined && { explanation: expected }),
  };
}
