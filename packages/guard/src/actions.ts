import { ConfigurationError } from '@interpose/core';
import { FIXABLE, UNFIXABLE, type GuardPolicy } from './policy.ts';
import type { GuardAction } from './rule.ts';

const ACTIONS: readonly unknown[] = ['deny', 'fix', 'report'];

/** The part before the dot, by which rules of one option are named together: `forbid`, `require`. */
const groupOf = (rule: string): string => rule.split('.', 1)[0] ?? rule;

/**
 * Finds what becomes of a call that breaks a rule.
 *
 * @throws {ConfigurationError} for a rule that there is not, and for `fix` where nothing can be fixed.
 */
export function actionsOf(
  action: GuardPolicy['action'],
  checks: readonly string[],
  unit: string,
): (rule: string) => GuardAction {
  const rules = [...FIXABLE, ...UNFIXABLE, ...checks];
  const fixable = (name: string): boolean => FIXABLE.some((rule) => rule === name || groupOf(rule) === name);
  const chosen = typeof action === 'object' && action !== null ? action : { default: action ?? 'deny' };
  for (const [name, value] of Object.entries(chosen)) {
    if (!ACTIONS.includes(value))
      throw ConfigurationError.option(unit, 'action', "'deny', 'fix' or 'report'", value);
    if (name === 'default') continue;
    if (!rules.some((rule) => rule === name || groupOf(rule) === name)) {
      throw ConfigurationError.option(unit, 'action', `of rules that there are: ${rules.join(', ')}`, name);
    }
    if (value === 'fix' && !fixable(name)) {
      throw ConfigurationError.option(
        unit,
        `action.${name}`,
        "'deny' or 'report', for it cannot be fixed",
        value,
      );
    }
  }
  return (rule) => {
    const found = chosen[rule] ?? chosen[groupOf(rule)] ?? chosen['default'] ?? 'deny';
    return found === 'fix' && !FIXABLE.includes(rule) ? 'deny' : found;
  };
}
