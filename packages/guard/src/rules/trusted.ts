import type { Call } from '@interpose/core';
import { NONE, type GuardAction, type Rule } from '../rule.ts';

/** Which calls may instruct: those with this tag, or those of which the function says so. */
export type Trusted = string | ((args: { readonly call: Call }) => boolean);

/**
 * Lets only trusted code speak as `system` or `developer`. What others say in these roles is said by the user; nothing
 * that a user says is ever promoted.
 */
export function trustedRoles(trusted: Trusted, action: GuardAction): Rule {
  const isTrusted =
    typeof trusted === 'string'
      ? (call: Call) => Boolean(call.tags[trusted])
      : (call: Call) => trusted({ call });
  const who = typeof trusted === 'string' ? `calls with the tag ${trusted}` : 'trusted calls';
  return {
    id: 'trusted',
    action,
    find(call) {
      const { operation, params } = call;
      const { conversation } = operation;
      // A unit further out wrote it, to have something summarised, say; and code it is.
      if (call.derived) return NONE;
      if (!conversation || conversation.withoutInstructions(params) === params || isTrusted(call))
        return NONE;
      const roles = conversation
        .entries(params)
        .filter(({ speaker }) => speaker === 'system' || speaker === 'developer')
        .map(({ place, speaker = null }) => ({ place, asked: speaker, allowed: `from ${who} only` }));
      return roles.length > 0
        ? roles
        : [{ place: 'instructions', asked: 'system', allowed: `from ${who} only` }];
    },
    mend: ({ operation, params }) => operation.conversation?.withoutInstructions(params) ?? params,
  };
}
