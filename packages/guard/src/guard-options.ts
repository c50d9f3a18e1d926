import {
  ConfigurationError,
  checkOptions,
  milliseconds,
  operations as known,
  option,
  type Duration,
  type OptionRule,
} from '@interpose/core';
import { actionsOf } from './actions.ts';
import type { GuardPolicy, PolicySettings, RequiredOption } from './policy.ts';
import type { GuardAction, Breach } from './rule.ts';
import { isList, standIn, type AllowedModels } from './rules/models.ts';
import { isWithin, type ParamRule } from './rules/params.ts';
import type { Required } from './rules/require.ts';
import type { Call } from '@interpose/core';

/** What {@link GuardOptions.onViolation} is told. */
export interface ViolationNotice extends Breach {
  readonly action: GuardAction;
  readonly call: Call;
}

/** Options of {@link guard}: a policy, and more of them for some calls. All that are for a call hold. */
export interface GuardOptions extends GuardPolicy {
  /** Further policies. @default none */
  policies?: readonly GuardPolicy[];
  /** How long a check may take. @default '2s' */
  checkTimeout?: Duration;
  /** Called for each breach, whatever becomes of it. @default none */
  onViolation?: (notice: ViolationNotice) => void;
  /** When a check breaks, or takes too long: refuse the call, or let it pass that check. @default 'closed' */
  onFault?: 'open' | 'closed';
}

/** Options of `guard`, checked, with their defaults. */
export interface GuardSettings {
  readonly policies: readonly PolicySettings[];
  readonly checkTimeoutMs: number;
  readonly onViolation: GuardOptions['onViolation'];
  readonly onFault: 'open' | 'closed';
}

const strings: OptionRule = [
  (value) => Array.isArray(value) && value.every((each) => typeof each === 'string' && each !== ''),
  'an array of non-empty strings',
];

const POLICY: Readonly<Record<string, OptionRule>> = {
  name: [(value) => typeof value === 'string' && /^[\w .:-]{1,64}$/.test(value), 'a short name'],
  match: option.function,
  operations: [
    (value) => strings[0](value) && (value as string[]).every((name) => isOperation(name)),
    `an array of ${known.map(({ name }) => name).join(', ')}`,
  ],
  models: [isModels, 'an array of names, or an object of such arrays by endpoint'],
  maxInputTokens: option.integer(1),
  maxOutputTokens: option.integer(1),
  require: option.object,
  forbid: option.object,
  params: option.object,
  trusted: [
    (value) => typeof value === 'function' || (typeof value === 'string' && /^[a-z0-9_-]+$/.test(value)),
    'the name of a tag, or a function',
  ],
  checks: option.any,
  action: option.any,
};

/** @throws {ConfigurationError} for a wrong option. */
export function guardSettings(options: GuardOptions): GuardSettings {
  checkOptions('guard', options, {
    ...POLICY,
    policies: [Array.isArray, 'an array of policies'],
    checkTimeout: option.any,
    onViolation: option.function,
    onFault: option.oneOf('open', 'closed'),
  });
  const { policies = [], checkTimeout = '2s', onViolation, onFault = 'closed', ...first } = options;
  const further = policies.map((policy, index) => {
    checkOptions(`guard: policies[${index}]`, policy, POLICY);
    return policySettings(policy, `guard: policies[${index}]`);
  });
  return {
    policies: [policySettings(first, 'guard'), ...further],
    checkTimeoutMs: milliseconds(checkTimeout, 'guard', 'checkTimeout'),
    onViolation,
    onFault,
  };
}

function policySettings(policy: GuardPolicy, unit: string): PolicySettings {
  const { require: wanted = {}, forbid = {}, params = {}, checks = [], action, models, ...rest } = policy;
  checkOptions(`${unit}: forbid`, forbid, {
    params: strings,
    tools: strings,
    content: [
      (value) => Array.isArray(value) && value.every((kind) => CONTENT.includes(kind as string)),
      `an array of ${CONTENT.join(', ')}`,
    ],
  });
  for (const [path, rule] of Object.entries(params)) checkParam(`${unit}: params.${path}`, rule);
  checkChecks(checks, unit);
  const actionOf = actionsOf(
    action,
    checks.map(({ name }) => name),
    unit,
  );
  if (models && actionOf('models') === 'fix') checkStandIns(models, unit);
  return {
    ...rest,
    forbid,
    params,
    checks,
    ...(models && { models }),
    required: requiredOf(wanted, unit),
    actionOf,
  };
}

const CONTENT: readonly string[] = ['image', 'audio', 'file', 'tokens'];

function isOperation(name: string): boolean {
  return known.some((operation) => operation.name === name);
}

function isModels(value: unknown): boolean {
  if (Array.isArray(value)) return strings[0](value);
  return option.object[0](value) && Object.values(value as object).every((list) => strings[0](list));
}

/** Where models are put in place of others, each list has to have one to put there. */
function checkStandIns(models: AllowedModels, unit: string): void {
  const lists = isList(models) ? [models] : Object.values(models);
  for (const list of lists) {
    if (list && standIn(list) !== undefined) continue;
    throw ConfigurationError.option(unit, 'models', 'with a name without * in each list, to fix by', list);
  }
}

function requiredOf(wanted: RequiredOption, unit: string): Required {
  checkOptions(`${unit}: require`, wanted, {
    outputLimit: option.boolean,
    responseFormat: [
      (value) => value === 'json_schema' || typeof value === 'boolean',
      "true or 'json_schema'",
    ],
    timeout: option.any,
    tags: strings,
    params: strings,
  });
  const { timeout, ...rest } = wanted;
  if (timeout === undefined || timeout === false) return rest;
  return { ...rest, timeoutMs: timeout === true ? Infinity : milliseconds(timeout, unit, 'require.timeout') };
}

function checkParam(unit: string, rule: ParamRule): void {
  checkOptions(unit, rule, {
    set: option.any,
    default: option.any,
    min: [Number.isFinite, 'a number'],
    max: [Number.isFinite, 'a number'],
    oneOf: [(value) => Array.isArray(value) && value.length > 0, 'an array of at least one value'],
    operations: [
      (value) => strings[0](value) && (value as string[]).every(isOperation),
      `an array of ${known.map(({ name }) => name).join(', ')}`,
    ],
  });
  const { set, default: otherwise, min = -Infinity, max = Infinity, oneOf } = rule;
  const bounded = min > -Infinity || max < Infinity;
  if (set === undefined && otherwise === undefined && !bounded && !oneOf) {
    throw new ConfigurationError(`${unit} must have set, default, min, max or oneOf`, 'invalid_option');
  }
  if (min > max) throw ConfigurationError.option(unit, 'min', `at most max (${max})`, min);
  if (bounded && oneOf) throw new ConfigurationError(`${unit} has bounds as well as oneOf`, 'invalid_option');
  for (const [name, value] of [
    ['set', set],
    ['default', otherwise],
  ] as const) {
    if (value !== undefined && !isWithin(value, rule)) {
      throw new ConfigurationError(
        `${unit}: ${name} is not one of the values that it allows`,
        'invalid_option',
      );
    }
  }
}

function checkChecks(checks: unknown, unit: string): void {
  const expected = 'an array of checks: { name, check }, each with a name of its own in kebab-case';
  const names = new Set<unknown>();
  const isCheck = (value: unknown): boolean => {
    const { name, check, roles = [] } = Object(value) as { name?: unknown; check?: unknown; roles?: unknown };
    const named = typeof name === 'string' && /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name);
    return (
      named &&
      typeof check === 'function' &&
      strings[0](roles) &&
      !names.has(name) &&
      Boolean(names.add(name))
    );
  };
  if (!Array.isArray(checks) || !checks.every(isCheck)) {
    throw ConfigurationError.option(unit, 'checks', expected, checks);
  }
}
