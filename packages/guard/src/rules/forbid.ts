import { toolsIn, unreadableIn, withoutTools, type Params, type Unreadable } from '@interpose/core';
import { globs } from '../glob.ts';
import { paramAt, withoutParam } from '../param-path.ts';
import { shownName, shownValue, type GuardAction, type Rule } from '../rule.ts';

/** What a request may not have. */
export interface Forbidden {
  /** Params by their path, `logit_bias`, `reasoning.effort`; or beginnings of such: `prediction*`. */
  params?: readonly string[];
  /** Tools by name, label or type, with `*` for any characters: `delete_*`, `web_search*`. */
  tools?: readonly string[];
  /** What nobody here can read: images, sound, files, texts that come as numbers of tokens. */
  content?: readonly Unreadable[];
}

/** Params that may not be there. */
export function forbiddenParams(patterns: readonly string[], action: GuardAction): Rule {
  const matches = globs(patterns.filter((pattern) => pattern.includes('*')));
  const paths = patterns.filter((pattern) => !pattern.includes('*'));
  return {
    id: 'forbid.params',
    action,
    find({ params }) {
      const found = new Set([...paths, ...Object.keys(params).filter(matches)]);
      return [...found].flatMap((place) => {
        const value = paramAt(params, place);
        return value === undefined ? [] : [{ place, asked: shownValue(value), allowed: 'not to be set' }];
      });
    },
    mend: ({ params }, violations) =>
      violations.reduce<Params>((mended, { place }) => withoutParam(mended, place), params),
  };
}

/** Tools that may not be offered to the model. */
export function forbiddenTools(patterns: readonly string[], action: GuardAction): Rule {
  const matches = globs(patterns);
  return {
    id: 'forbid.tools',
    action,
    find: ({ params }) =>
      toolsIn(params)
        .filter(({ name, type }) => matches(name) || matches(type))
        .map(({ name, place }) => ({ place, asked: shownName(name), allowed: `not ${patterns.join(', ')}` })),
    mend: ({ params }) => withoutTools(params, ({ name, type }) => matches(name) || matches(type)),
  };
}

/** Content that no rule, and no other unit, can look into. */
export function forbiddenContent(kinds: readonly Unreadable[], action: GuardAction): Rule {
  return {
    id: 'forbid.content',
    action,
    find({ params }) {
      const found = unreadableIn(params);
      return kinds
        .filter((kind) => found.has(kind))
        .map((kind) => ({ place: 'content', asked: kind, allowed: `no ${kind}` }));
    },
  };
}
