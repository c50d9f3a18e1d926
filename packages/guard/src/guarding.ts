import {
  eventType,
  FaultError,
  faulted,
  findInterposeError,
  type Call,
  type EventType,
} from '@interpose/core';
import { GuardError } from './guard-error.ts';
import type { GuardSettings } from './guard-options.ts';
import type { PolicyRule } from './policy.ts';
import type { Breach, GuardAction, Rule, Violation } from './rule.ts';

/** A call broke a rule. Never the text. */
export const violated: EventType<Breach & { readonly action: GuardAction }> = eventType('guard.violation');

const UNIT = 'guard';

/** Goes through the rules for each call of one layer. */
export class Guarding {
  readonly #settings: GuardSettings;
  readonly #rules: readonly PolicyRule[];

  constructor(settings: GuardSettings, rules: readonly PolicyRule[]) {
    this.#settings = settings;
    this.#rules = rules;
  }

  /**
   * The call as it may be sent: the very same where nothing had to be fixed. No promise unless a rule takes its time.
   *
   * @throws {GuardError} when a rule refuses it; {@link FaultError} when a check breaks, unless `onFault` is `open`.
   */
  guarded(call: Call): Call | Promise<Call> {
    // By the call as it came: a fix of one policy does not make a call one of another's.
    const applies = this.#settings.policies.map(
      ({ match, operations }) =>
        (operations?.includes(call.operation.name) ?? true) && (match?.({ call }) ?? true),
    );
    const rules = this.#rules.filter(({ policy }) => applies[policy]);
    return this.#from(0, rules, call);
  }

  #from(index: number, rules: readonly PolicyRule[], call: Call): Call | Promise<Call> {
    let current = call;
    for (let at = index; at < rules.length; at++) {
      const one = rules[at] as PolicyRule;
      const found = one.rule.find(current);
      if (found instanceof Promise) return this.#later(found, at, rules, current);
      current = this.#judged(one, found, current);
    }
    return current;
  }

  async #later(
    finding: Promise<readonly Violation[]>,
    at: number,
    rules: readonly PolicyRule[],
    call: Call,
  ): Promise<Call> {
    const one = rules[at] as PolicyRule;
    const found = await finding.catch((error: unknown) => this.#faulty(one.rule, error, call));
    return this.#from(at + 1, rules, this.#judged(one, found, call));
  }

  #faulty({ id }: Rule, error: unknown, call: Call): readonly Violation[] {
    if (call.signal.aborted || findInterposeError(error)) throw error;
    const open = this.#settings.onFault === 'open';
    call.runtime.events.emit(faulted, UNIT, call, { error, open });
    if (!open) throw new FaultError(`${UNIT}: ${id}`, error);
    return [];
  }

  #judged({ rule, policy }: PolicyRule, found: readonly Violation[], call: Call): Call {
    const [first] = found;
    if (!first) return call;
    const { id, action } = rule;
    const { name } = this.#settings.policies[policy] ?? {};
    const { events } = call.runtime;
    for (const violation of found) {
      const breach: Breach = { rule: id, ...(name !== undefined && { policy: name }), ...violation };
      if (events.active) events.emit(violated, UNIT, call, { ...breach, action });
      this.#settings.onViolation?.({ ...breach, action, call });
    }
    if (action === 'deny') {
      throw new GuardError({ rule: id, ...(name !== undefined && { policy: name }), ...first });
    }
    if (action === 'report' || !rule.mend) return call;
    return call.with({ params: rule.mend(call, found) });
  }
}
