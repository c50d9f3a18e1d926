import { globs } from '../glob.ts';
import { NONE, listed, shownName, type GuardAction, type Rule } from '../rule.ts';

/** Models that may be asked, with `*` for any characters: for all calls, or by the tag `endpoint`. */
export type AllowedModels =
  | readonly string[]
  | {
      /** For calls of endpoints that are not named. Without it, none is allowed to those. */
      readonly default?: readonly string[];
      readonly [endpoint: string]: readonly string[] | undefined;
    };

/** The first name of a list that is no pattern: the model that stands in for others. */
export function standIn(models: readonly string[]): string | undefined {
  return models.find((model) => !model.includes('*'));
}

/** Models that may be asked. */
export function allowedModels(models: AllowedModels, action: GuardAction): Rule {
  const lists = new Map<string | undefined, readonly string[]>();
  if (isList(models)) lists.set(undefined, models);
  else {
    for (const [endpoint, list = []] of Object.entries(models)) {
      lists.set(endpoint === 'default' ? undefined : endpoint, list);
    }
  }
  const matchers = new Map([...lists.values()].map((list) => [list, globs(list)] as const));
  const listFor = (endpoint: string | undefined): readonly string[] =>
    lists.get(endpoint) ?? lists.get(undefined) ?? NOTHING;

  return {
    id: 'models',
    action,
    find({ model, tags }) {
      const list = listFor(tags.endpoint);
      if (model !== undefined && matchers.get(list)?.(model)) return NONE;
      const asked = model === undefined ? null : shownName(model);
      return [{ place: 'model', asked, allowed: list.length > 0 ? listed(list) : 'none for this endpoint' }];
    },
    mend: ({ params, tags }) => ({ ...params, model: standIn(listFor(tags.endpoint)) }),
  };
}

const NOTHING: readonly string[] = [];

export function isList(models: AllowedModels): models is readonly string[] {
  return Array.isArray(models);
}
