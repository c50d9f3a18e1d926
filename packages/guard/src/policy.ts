import type { Call, Clock, Duration, TokenCounter } from '@interpose/core';
import type { RequestCheck } from './check.ts';
import type { GuardAction, Rule } from './rule.ts';
import { checked } from './rules/checked.ts';
import { forbiddenContent, forbiddenParams, forbiddenTools, type Forbidden } from './rules/forbid.ts';
import { boundedInput } from './rules/input.ts';
import { allowedModels, type AllowedModels } from './rules/models.ts';
import { boundedOutput, filledOutput } from './rules/output.ts';
import { bounds, settings, type ParamRule } from './rules/params.ts';
import { required, type Required } from './rules/require.ts';
import { trustedRoles, type Trusted } from './rules/trusted.ts';

/** What a request has to have. */
export interface RequiredOption extends Omit<Required, 'timeoutMs'> {
  /** A time-out that the official client is given with the call; where this is a duration, one that is at most so long. */
  timeout?: boolean | Duration;
}

/** Rules for some calls, or for all. */
export interface GuardPolicy {
  /** For errors and events. @default none */
  name?: string;
  /** Which calls it is for. @default all */
  match?: (args: { readonly call: Call }) => boolean;
  /** Which operations it is for, by name: `chat`, `responses`, ... @default all */
  operations?: readonly string[];
  /** Models that may be asked: names with `*` for any characters, or lists of such by the tag `endpoint`, and `default`. */
  models?: AllowedModels;
  /** The most tokens that a call may hold. */
  maxInputTokens?: number;
  /** The most output tokens that a call may ask for, for each choice. Calls that ask for no limit get this one. */
  maxOutputTokens?: number;
  /** What has to be there. */
  require?: RequiredOption;
  /** What may not be there. */
  forbid?: Forbidden;
  /** What params are set to, or have to be, by their path: `temperature`, `reasoning.effort`. */
  params?: Readonly<Record<string, ParamRule>>;
  /** Who may speak as `system` or `developer`: calls with this tag, or those of which the function says so. */
  trusted?: Trusted;
  /** Judges of the texts. */
  checks?: readonly RequestCheck[];
  /**
   * What becomes of a call that breaks a rule: for all rules, or by rule and `default`. What cannot be fixed is refused.
   *
   * @default 'deny'
   */
  action?: GuardAction | { readonly [rule: string]: GuardAction };
}

/** The rules that can mend what breaks them. */
export const FIXABLE: readonly string[] = [
  'models',
  'params',
  'forbid.params',
  'forbid.tools',
  'maxOutputTokens',
  'trusted',
];

/** All others, but for the checks, which are known by their names. */
export const UNFIXABLE: readonly string[] = [
  'forbid.content',
  'require.outputLimit',
  'require.responseFormat',
  'require.timeout',
  'require.tags',
  'require.params',
  'maxInputTokens',
];

/** A policy, checked. */
export interface PolicySettings extends Omit<GuardPolicy, 'require'> {
  readonly required: Required;
  readonly actionOf: (rule: string) => GuardAction;
}

/** What rules are made with. */
export interface Services {
  readonly counter: TokenCounter;
  readonly clock: Clock;
  readonly checkTimeoutMs: number;
}

/** A rule, and which calls it is for. */
export interface PolicyRule {
  readonly policy: number;
  readonly rule: Rule;
}

/**
 * The rules of all policies in the order in which they are gone through: what is set first, then what is taken out, what is
 * changed, what has to be there, and the dear ones last; each kind for all policies before the next, so that every rule
 * sees what the fixes before it made of a call.
 */
export function rulesOf(policies: readonly PolicySettings[], services: Services): readonly PolicyRule[] {
  const kinds = policies.map((policy) => rulesByKind(policy, services));
  const count = kinds[0]?.length ?? 0;
  return Array.from({ length: count }, (_, kind) =>
    kinds
      .flatMap((rules, policy) => (rules[kind] ?? []).map((rule) => ({ policy, rule })))
      .toSorted((a, b) => (a.rule.rank ?? 0) - (b.rule.rank ?? 0)),
  ).flat();
}

function rulesByKind(policy: PolicySettings, services: Services): readonly (readonly Rule[])[] {
  const {
    actionOf,
    models,
    maxInputTokens,
    maxOutputTokens,
    required: wanted,
    params = {},
    trusted,
  } = policy;
  const { forbid = {}, checks = [] } = policy;
  const output = actionOf('maxOutputTokens');
  const some = (rule: Rule | undefined): readonly Rule[] => (rule ? [rule] : []);
  return [
    some(settings(params)),
    forbid.params ? [forbiddenParams(forbid.params, actionOf('forbid.params'))] : [],
    forbid.tools ? [forbiddenTools(forbid.tools, actionOf('forbid.tools'))] : [],
    forbid.content ? [forbiddenContent(forbid.content, actionOf('forbid.content'))] : [],
    models ? [allowedModels(models, actionOf('models'))] : [],
    some(bounds(params, actionOf('params'))),
    // Where it is not asked for, what is filled in is not a breach that could be refused.
    maxOutputTokens === undefined
      ? []
      : [filledOutput(maxOutputTokens, output === 'report' ? 'report' : 'fix')],
    maxOutputTokens === undefined ? [] : [boundedOutput(maxOutputTokens, output)],
    required(wanted, actionOf),
    trusted === undefined ? [] : [trustedRoles(trusted, actionOf('trusted'))],
    maxInputTokens === undefined
      ? []
      : [boundedInput(maxInputTokens, actionOf('maxInputTokens'), services.counter)],
    checks.map((check) => checked(check, actionOf(check.name), services.clock, services.checkTimeoutMs)),
  ];
}
