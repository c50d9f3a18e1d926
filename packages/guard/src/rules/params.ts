import { isDeepStrictEqual } from 'node:util';
import { chat, completions, responses, type Params } from '@interpose/core';
import { paramAt, withParam } from '../param-path.ts';
import { shownValue, type GuardAction, type Rule, type Violation } from '../rule.ts';

/** What a param has to be. */
export interface ParamRule {
  /** What it is always set to. */
  set?: unknown;
  /** What it is set to where it is missing. */
  default?: unknown;
  /** The least that it may be, where it is there. */
  min?: number;
  /** The most that it may be, where it is there. */
  max?: number;
  /** What it may be, where it is there; the first stands in for what may not be. */
  oneOf?: readonly unknown[];
  /** Where `set` and `default` hold, by operations. @default those that write text: chat, responses, completions */
  operations?: readonly string[];
}

const WRITING: readonly string[] = [chat.name, responses.name, completions.name];

/** Sets what is to be set, and fills in what is missing. */
export function settings(rules: Readonly<Record<string, ParamRule>>): Rule | undefined {
  const setting = Object.entries(rules).filter(([, rule]) => 'set' in rule || 'default' in rule);
  if (setting.length === 0) return undefined;
  const wanted = ({ set, default: otherwise }: ParamRule, value: unknown): unknown =>
    set !== undefined ? set : (value ?? otherwise);
  return {
    id: 'params',
    action: 'fix',
    find({ operation, params }) {
      return setting.flatMap(([place, rule]): Violation[] => {
        if (!(rule.operations ?? WRITING).includes(operation.name)) return [];
        const value = paramAt(params, place);
        const allowed =
          rule.set === undefined ? 'the default where it is missing' : 'what the policy sets it to';
        return isDeepStrictEqual(wanted(rule, value), value)
          ? []
          : [{ place, asked: shownValue(value), allowed }];
      });
    },
    mend: ({ params }, violations) =>
      violations.reduce<Params>(
        (mended, { place }) =>
          withParam(mended, place, wanted(rules[place] as ParamRule, paramAt(mended, place))),
        params,
      ),
  };
}

/** Keeps params that are there within bounds. */
export function bounds(rules: Readonly<Record<string, ParamRule>>, action: GuardAction): Rule | undefined {
  const bounding = Object.entries(rules).filter(
    ([, { min, max, oneOf }]) => min !== undefined || max !== undefined || oneOf !== undefined,
  );
  if (bounding.length === 0) return undefined;
  return {
    id: 'params',
    action,
    find: ({ params }) =>
      bounding.flatMap(([place, rule]): Violation[] => {
        const value = paramAt(params, place);
        if (value === undefined || value === null || isWithin(value, rule)) return [];
        return [{ place, asked: shownValue(value), allowed: inWords(rule) }];
      }),
    mend: ({ params }, violations) =>
      violations.reduce<Params>(
        (mended, { place }) =>
          withParam(mended, place, nearest(paramAt(mended, place), rules[place] as ParamRule)),
        params,
      ),
  };
}

/** Whether a value is one that the rule allows. */
export function isWithin(value: unknown, { min, max, oneOf }: ParamRule): boolean {
  if (oneOf) return oneOf.some((allowed) => isDeepStrictEqual(allowed, value));
  if (min === undefined && max === undefined) return true;
  return typeof value === 'number' && value >= (min ?? -Infinity) && value <= (max ?? Infinity);
}

function nearest(value: unknown, { min, max, oneOf }: ParamRule): unknown {
  if (oneOf) return oneOf[0];
  // What is no number is as far off as can be.
  if (typeof value !== 'number') return max ?? min;
  return Math.max(min ?? -Infinity, Math.min(max ?? Infinity, value));
}

function inWords({ min, max, oneOf }: ParamRule): string {
  if (oneOf) return `one of ${oneOf.map((value) => JSON.stringify(value)).join(', ')}`;
  if (min === undefined) return `at most ${max}`;
  return max === undefined ? `at least ${min}` : `from ${min} to ${max}`;
}
