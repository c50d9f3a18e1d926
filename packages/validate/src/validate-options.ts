import {
  ConfigurationError,
  checkOptions,
  milliseconds,
  option,
  type Call,
  type Duration,
  type OptionRule,
} from '@interpose/core';
import type { Check } from './check.ts';
import { isStandardSchema, type AnyStandardSchema } from './standard-schema.ts';

/** When the caller of a stream sees text: at once, or when all of it is judged. */
export type Deliver = 'live' | 'when-valid';

/** Options of `validate`. */
export interface ValidateOptions {
  /**
   * What answers have to be, besides what their requests ask for: a Standard Schema (zod, valibot, arktype) for all of
   * them, or one for each endpoint, by the tag `endpoint`.
   */
  schema?: AnyStandardSchema | Readonly<Record<string, AnyStandardSchema>>;
  /** Rules that answers have to keep, for all of them or for each endpoint, by the tag `endpoint`. @default none */
  checks?: readonly Check[] | Readonly<Record<string, readonly Check[]>>;
  /**
   * How often a call is asked again when its answer is not valid. What can be put right without the model is put right
   * before; with `false` not even that. @default 1
   */
  repair?: number | false;
  /** Whether a stream is stopped as soon as nothing can make it valid any more. @default true */
  early?: boolean;
  /** Whether the arguments of function calls have to keep the schemas of the functions. @default true */
  toolArguments?: boolean;
  /**
   * When the caller of a stream sees text. `live`: as it comes, and an error ends the stream when it is not valid.
   * `when-valid`: when it is judged, so that it can be repaired; then in the provider's own events. @default 'live'
   */
  deliver?: Deliver;
  /** How long one check, or a schema that asks somebody, may take. @default '10s' */
  checkTimeout?: Duration;
  /** Whether an answer is believed (`open`) or not (`closed`) when a check or a schema breaks. @default 'closed' */
  onFault?: 'open' | 'closed';
  /** Which calls are looked at. @default all */
  shouldValidate?: (args: { readonly call: Call }) => boolean;
}

/** The options of `validate`, checked and with the defaults filled in. */
export interface ValidateSettings {
  readonly schemaOf: (call: Call) => AnyStandardSchema | undefined;
  readonly checksOf: (call: Call) => readonly Check[];
  /** How often a call is asked again. */
  readonly repairs: number;
  /** Whether texts are put right without the model. */
  readonly mends: boolean;
  readonly early: boolean;
  readonly toolArguments: boolean;
  readonly deliver: Deliver;
  readonly checkTimeoutMs: number;
  readonly onFault: 'open' | 'closed';
  readonly shouldValidate: ((args: { readonly call: Call }) => boolean) | undefined;
  /** The settings as data. */
  readonly describe: () => Record<string, unknown>;
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function validateSettings(options: ValidateOptions): ValidateSettings {
  checkOptions('validate', options, RULES);
  const { schema, checks = [], repair = 1, early = true, toolArguments = true, deliver = 'live' } = options;
  const { checkTimeout = '10s', onFault = 'closed', shouldValidate } = options;
  const checkTimeoutMs = milliseconds(checkTimeout, 'validate', 'checkTimeout');
  if (checkTimeoutMs === 0)
    throw ConfigurationError.option('validate', 'checkTimeout', 'longer than 0', checkTimeout);
  const names = [isList(checks) ? checks : Object.values(checks)].flat(2).map(({ name }) => name);
  return {
    schemaOf: byEndpoint(isStandardSchema(schema) ? schema : undefined, schema),
    checksOf: listsByEndpoint(checks),
    repairs: repair === false ? 0 : repair,
    mends: repair !== false,
    early,
    toolArguments,
    deliver,
    checkTimeoutMs,
    onFault,
    shouldValidate,
    describe: () => ({
      schema:
        schema === undefined ? 'of the request' : isStandardSchema(schema) ? 'custom' : Object.keys(schema),
      checks: [...new Set(names)],
      repair,
      early,
      toolArguments,
      deliver,
      checkTimeout,
      onFault,
      ...(shouldValidate && { shouldValidate: 'custom' }),
    }),
  };
}

function byEndpoint<T>(forAll: T | undefined, map: object | undefined): (call: Call) => T | undefined {
  if (forAll !== undefined || map === undefined) return () => forAll;
  const known = new Map(Object.entries(map) as [string, T][]);
  return ({ tags }) => (tags['endpoint'] === undefined ? undefined : known.get(tags['endpoint']));
}

function listsByEndpoint(checks: NonNullable<ValidateOptions['checks']>): (call: Call) => readonly Check[] {
  const all = isList(checks) ? checks : undefined;
  const find = byEndpoint<readonly Check[]>(all, checks);
  return (call) => find(call) ?? NO_CHECKS;
}

const NO_CHECKS: readonly Check[] = [];

// `Array.isArray` makes nothing of a read-only list.
function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value);
}

function isMapOf(value: unknown, accepts: (part: unknown) => boolean): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every(accepts);
}

function isCheck(value: unknown): boolean {
  const { name, test, severity = 'error', watch } = Object(value) as Partial<Check>;
  return (
    typeof name === 'string' &&
    name !== '' &&
    typeof test === 'function' &&
    (severity === 'error' || severity === 'warn') &&
    (watch === undefined || typeof watch === 'function')
  );
}

const areChecks = (value: unknown): boolean => Array.isArray(value) && value.every(isCheck);

const RULES: Readonly<Record<string, OptionRule>> = {
  schema: [
    (value) => isStandardSchema(value) || isMapOf(value, isStandardSchema),
    'a Standard Schema, or one for each endpoint',
  ],
  checks: [
    (value) => (Array.isArray(value) ? areChecks(value) : isMapOf(value, areChecks)),
    'a list of checks ({ name, test }), or one for each endpoint',
  ],
  repair: [(value) => value === false || option.integer(0)[0](value), 'false or an integer >= 0'],
  early: option.boolean,
  toolArguments: option.boolean,
  deliver: option.oneOf('live', 'when-valid'),
  checkTimeout: option.any,
  onFault: option.oneOf('open', 'closed'),
  shouldValidate: option.function,
};
