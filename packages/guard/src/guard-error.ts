import { InterposeError } from '@interpose/core';
import type { Breach, Shown } from './rule.ts';

/** A call was not sent, because it breaks a rule. Shows names and numbers, never texts. */
export class GuardError extends InterposeError {
  override readonly name = 'GuardError';
  /** The rule: `models`, `forbid.tools`, `maxInputTokens`, the name of a check. */
  readonly rule: string;
  /** The name of the policy, where it has one. */
  readonly policy?: string;
  /** Where: the path in the params, a header, a tag. */
  readonly place: string;
  /** What was asked for; null where it is missing. */
  readonly asked: Shown;
  /** What is allowed, in words. */
  readonly allowed: string;

  constructor({ rule, policy, place, asked, allowed }: Breach) {
    const whose = policy === undefined ? '' : ` of the policy "${policy}"`;
    const what = asked === null ? 'is missing' : `is ${asked}`;
    super(
      `The rule ${rule}${whose} refuses this call: ${place} ${what}; allowed is ${allowed}. It was not sent.`,
      {
        code: 'guard_denied',
        status: 400,
      },
    );
    this.rule = rule;
    if (policy !== undefined) this.policy = policy;
    this.place = place;
    this.asked = asked;
    this.allowed = allowed;
  }
}
