import {
  ConfigurationError,
  checkOptions,
  option,
  type Call,
  type Money,
  type OptionRule,
} from '@interpose/core';
import { windows, type Every, type Window } from './window.ts';

/** What may be spent, by whom, in what time. */
export interface Limit {
  /**
   * Whose calls are counted together: those of each endpoint, tenant, user or model, of each value of another tag, or
   * all. `call` is what a single call may cost. Calls without the tag are counted together.
   */
  per: 'call' | 'endpoint' | 'tenant' | 'user' | 'model' | 'all' | (string & {});
  /** US dollars. */
  usd?: number;
  /** Tokens, in and out. */
  tokens?: number;
  /** Requests that are sent. */
  calls?: number;
  /** In what time. Not of a limit per call. */
  every?: Every;
  /** Where a minute, an hour, a day or a month begins. @default 'UTC' */
  timezone?: string;
  /** Which calls it is for. @default all */
  match?: (args: { readonly call: Call }) => boolean;
  /** Fractions of the limit at which a warning is reported, such as 0.8. @default none */
  soft?: number | readonly number[];
  /** For errors and reports, and to tell limits apart that are alike. @default made of the rest */
  name?: string;
}

/** What a limit counts. */
export type Unit = 'usd' | 'tokens' | 'calls';

/** A limit of one unit, checked. */
export interface Rule {
  readonly name: string;
  readonly per: string;
  readonly unit: Unit;
  /** In nano-USD, tokens or calls. */
  readonly cap: number;
  readonly soft: readonly number[];
  readonly applies: (call: Call) => boolean;
  /** Whose account a call is on. */
  readonly keyOf: (call: Call) => string;
  /** Undefined for a limit per call. */
  readonly windowOf: ((now: number) => Window) | undefined;
}

const NANO = 1e9;
const UNITS: readonly Unit[] = ['usd', 'tokens', 'calls'];

/** An amount of a unit, for people. */
export function shown(amount: number, unit: Unit): string {
  return unit === 'usd' ? `${Number((amount / NANO).toFixed(9))} USD` : `${amount} ${unit}`;
}

/** What a number of US dollars is in money. */
export function moneyOf(usd: number): Money {
  return Math.round(usd * NANO);
}

/**
 * Checks limits, and takes each unit of them for a rule of its own.
 *
 * @throws {ConfigurationError} for a wrong limit, or two that are alike.
 */
export function rulesOf(limits: readonly Limit[]): Rule[] {
  if (!Array.isArray(limits) || limits.length === 0) {
    throw ConfigurationError.option('budget', 'limits', 'an array of at least one limit', limits);
  }
  const rules = limits.flatMap((limit, index) => rulesOfOne(limit, `limits[${index}]`));
  for (const [index, { name }] of rules.entries()) {
    if (rules.findIndex((other) => other.name === name) < index) {
      throw new ConfigurationError(
        `budget: two limits are alike (${name}) and would share their books; give each a name`,
        'invalid_option',
      );
    }
  }
  return rules;
}

function rulesOfOne(limit: Limit, place: string): Rule[] {
  checkOptions(`budget: ${place}`, limit, RULES);
  const { per, every, timezone = 'UTC', match, soft = [], name } = limit;
  if (typeof per !== 'string') throw ConfigurationError.option('budget', `${place}.per`, EXPECTED_PER, per);
  const units = UNITS.filter((unit) => limit[unit] !== undefined);
  if (units.length === 0) {
    throw new ConfigurationError(`budget: ${place} must have usd, tokens or calls`, 'invalid_option');
  }
  if ((per === 'call') !== (every === undefined)) {
    const wrong = per === 'call' ? 'per call has no every' : "must say every: 'day', '1h', 'ever', ...";
    throw new ConfigurationError(`budget: ${place} ${wrong}`, 'invalid_option');
  }
  const windowOf = every === undefined ? undefined : windows(every, timezone);
  return units.map((unit) => {
    const cap = unit === 'usd' ? moneyOf(limit[unit] ?? 0) : (limit[unit] ?? 0);
    const zone = timezone === 'UTC' ? '' : ` ${timezone}`;
    const made = `${unit} per ${per}${every === undefined ? '' : ` every ${every}`}${zone}`;
    return {
      name: name === undefined ? made : units.length > 1 ? `${name} (${unit})` : name,
      per,
      unit,
      cap,
      soft: [soft].flat().toSorted((a, b) => a - b),
      applies: match ? (call) => match({ call }) : () => true,
      keyOf: keyOf(per),
      windowOf,
    };
  });
}

function keyOf(per: string): (call: Call) => string {
  if (per === 'all' || per === 'call') return () => '';
  if (per === 'model') return (call) => call.model ?? '';
  return (call) => call.tags[per] ?? '';
}

const EXPECTED_PER = "'call', 'endpoint', 'tenant', 'user', 'model', 'all' or the name of a tag";

const amount: OptionRule = [
  (value) => typeof value === 'number' && value >= 0 && value <= 9e6,
  'a number from 0 to 9000000',
];

const RULES: Readonly<Record<string, OptionRule>> = {
  per: [(value) => typeof value === 'string' && /^[a-z0-9_-]+$/.test(value), EXPECTED_PER],
  usd: amount,
  tokens: option.integer(0, Number.MAX_SAFE_INTEGER),
  calls: option.integer(0, Number.MAX_SAFE_INTEGER),
  every: option.any,
  timezone: option.string,
  match: option.function,
  soft: [
    (value) => [value].flat().every((each) => typeof each === 'number' && each > 0 && each <= 1),
    'a fraction, or an array of fractions, above 0 and up to 1',
  ],
  name: option.string,
};
