import { abortable, within, type Call, type Clock } from '@interpose/core';
import type { CheckedText, Finding, RequestCheck } from '../check.ts';
import { NONE, type GuardAction, type Rule, type Violation } from '../rule.ts';

const UNTRUSTED: readonly string[] = ['user', 'tool'];

/** Asks a check, for as long as it may take. */
export function checked(check: RequestCheck, action: GuardAction, clock: Clock, timeoutMs: number): Rule {
  const { name, roles = UNTRUSTED } = check;
  const late = (): Error => new DOMException(`${name} took longer than ${timeoutMs} ms`, 'TimeoutError');
  return {
    id: name,
    action,
    async find(call) {
      const texts = textsOf(call, roles);
      if (texts.length === 0) return NONE;
      const { signal } = call;
      const found = await within({ clock, ms: timeoutMs, late, signal }, (either) =>
        // Not every check listens to its signal.
        abortable(check.check({ texts, call, signal: either }), signal),
      );
      return found.map((finding) => violationOf(finding, name));
    },
  };
}

/** The texts of a request that are of these roles. Where the wire knows no roles, all are the user's. */
function textsOf(call: Call, roles: readonly string[]): readonly CheckedText[] {
  const { operation, params } = call;
  const texts: CheckedText[] = [];
  operation.mapInput(params, (text, { path: place, role }) => {
    const speaker = role ?? (operation.conversation ? undefined : 'user');
    if (speaker !== undefined && roles.includes(speaker)) texts.push({ text, place, role: speaker });
    return text;
  });
  return texts;
}

function violationOf({ place, reason }: Finding, name: string): Violation {
  // A check of somebody's own might put the text itself there.
  const word = /^[\w.-]{1,64}$/.test(reason) ? reason : 'something';
  const where = /^[\w.[\]-]{1,200}$/.test(place) ? place : 'input';
  return { place: where, asked: word, allowed: `nothing that ${name} finds` };
}
