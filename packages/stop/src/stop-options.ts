import { ConfigurationError, checkOptions, option, type Call, type ChannelKind } from '@interpose/core';
import { json, type JsonPredicate } from './rules/json.ts';
import { length } from './rules/length.ts';
import { marker } from './rules/marker.ts';
import { predicate, type Predicate } from './rules/predicate.ts';
import type { Rule } from './rules/rule.ts';

/**
 * When there is enough of a text:
 *
 * - a string, or `{ marker }`: at this marker;
 * - `{ maxCharacters }`: after so many characters;
 * - `{ json: 'whole' }`: right behind the end of the JSON that it is; `{ json: ({ value }) => boolean }`: as soon as what is
 *   complete of the JSON is enough;
 * - a function of the text so far: after the stretch with which it is true.
 */
export type StopRule =
  | string
  | { readonly marker: string }
  | { readonly maxCharacters: number }
  | { readonly json: 'whole' | JsonPredicate }
  | Predicate;

/** Options of `stop`. */
export interface StopOptions {
  /** When there is enough of a text; of several rules the first that says so. */
  when: StopRule | readonly StopRule[];
  /** Whether the marker is handed on. @default false */
  keepMarker?: boolean;
  /** The texts that are followed, by their kind. @default ['content'] */
  channels?: readonly ChannelKind[];
  /** Which calls are followed. @default all */
  shouldFollow?: (args: { readonly call: Call }) => boolean;
}

/** The options of `stop`, checked and with the defaults filled in. */
export interface StopSettings {
  readonly rules: readonly Rule[];
  readonly channels: ReadonlySet<ChannelKind>;
  readonly shouldFollow: (args: { readonly call: Call }) => boolean;
  /** The settings as data. */
  readonly describe: () => Record<string, unknown>;
}

const KINDS: readonly ChannelKind[] = ['content', 'refusal', 'reasoning', 'arguments', 'transcript'];

/**
 * Checks options and fills in the defaults.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function stopSettings(options: StopOptions): StopSettings {
  checkOptions('stop', options, {
    when: option.any,
    keepMarker: option.boolean,
    channels: [areKinds, `a list of ${KINDS.join(', ')}`],
    shouldFollow: option.function,
  });
  const { when, keepMarker = false, channels = ['content'], shouldFollow = () => true } = options;
  const given: readonly unknown[] = Array.isArray(when) ? when : [when];
  if (given.length === 0) throw wrong(when);
  const rules = given.map((rule) => ruleOf(rule, keepMarker));
  return {
    rules,
    channels: new Set(channels),
    shouldFollow,
    describe: () => ({
      when: rules.map(({ name }) => name),
      keepMarker,
      channels,
      shouldFollow: options.shouldFollow ? 'custom' : 'all',
    }),
  };
}

function ruleOf(given: unknown, keepMarker: boolean): Rule {
  if (typeof given === 'function') return predicate(given as Predicate);
  const { marker: mark, maxCharacters, json: enough } = fieldsOf(given);
  if (typeof mark === 'string' && mark !== '') return marker(mark, keepMarker);
  if (Number.isInteger(maxCharacters) && (maxCharacters as number) >= 1)
    return length(maxCharacters as number);
  if (enough === 'whole' || typeof enough === 'function') return json(enough as 'whole' | JsonPredicate);
  throw wrong(given);
}

function fieldsOf(given: unknown): Readonly<Record<string, unknown>> {
  if (typeof given === 'string') return { marker: given };
  return typeof given === 'object' && given !== null && Object.keys(given).length === 1
    ? (given as Readonly<Record<string, unknown>>)
    : {};
}

function wrong(given: unknown): ConfigurationError {
  const expected =
    "a marker, { marker }, { maxCharacters: 1 or more }, { json: 'whole' or a function }, a function of the text, or a list of these";
  return ConfigurationError.option('stop', 'when', expected, given);
}

function areKinds(value: unknown): boolean {
  return (
    Array.isArray(value) && value.length > 0 && value.every((kind) => KINDS.includes(kind as ChannelKind))
  );
}
