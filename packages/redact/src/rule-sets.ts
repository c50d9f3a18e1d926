import type { Action } from './actions.ts';
import type { RedactSettings } from './redact-options.ts';
import { RuleSet } from './scan/rule-set.ts';

/**
 * Makes sets of the rules by what becomes of what they find. Two directions in which the same is looked for share one:
 * it is dear to make.
 */
export function ruleSets(
  settings: Pick<RedactSettings, 'rules' | 'kinds' | 'allows'>,
): (actionOf: (id: string) => Action) => RuleSet {
  const { rules, kinds, allows } = settings;
  const made = new Map<string, RuleSet>();
  return (actionOf) => {
    const replaces = (id: string): boolean => actionOf(id) !== 'report';
    const wanted = rules.filter(({ id }) => actionOf(id) !== 'off');
    const key = wanted.map(({ id }) => `${id} ${replaces(id)}`).join();
    let set = made.get(key);
    if (!set) {
      set = new RuleSet(wanted, { kinds, allows, replaces: ({ id }) => replaces(id) });
      made.set(key, set);
    }
    return set;
  };
}
