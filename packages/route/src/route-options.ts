import {
  ConfigurationError,
  checkOptions,
  destination,
  milliseconds,
  option,
  targetRules,
  type Call,
  type Destination,
  type Duration,
  type OptionRule,
  type Target,
} from '@interpose/core';

/** Where calls may go. */
export interface RouteTarget extends Omit<Target, 'name'> {
  /** Its part of the calls, against the weights of the others, for the strategy `weighted` and for sticky calls. @default 1 */
  readonly weight?: number;
}

/** How one of several targets is chosen. */
export type Strategy = 'first' | 'weighted' | 'cheapest' | 'fastest';

/** A part of the calls of a rule, for trying out something new. */
export interface Canary {
  readonly to: string;
  /** In percent. The calls of one value of the sticky tag go there all or none, and stay there when it grows. */
  readonly percent: number;
}

/** Which calls go where. All that it names has to hold; one that names nothing is for all calls. */
export interface RouteRule {
  /** For events and traces. @default `rule-1`, `rule-2`, ... */
  readonly name?: string;
  readonly endpoint?: string | readonly string[];
  /** Other tags. */
  readonly tags?: Readonly<Record<string, string | readonly string[]>>;
  /** `chat`, `responses`, `embeddings`, ... */
  readonly operation?: string | readonly string[];
  /** The model that was asked for. */
  readonly model?: string | readonly string[];
  /** By a cheap estimate: four characters of the body to a token. */
  readonly minInputTokens?: number;
  readonly maxInputTokens?: number;
  readonly when?: (args: { readonly call: Call; readonly inputTokens: number }) => boolean;
  /** One target, or several of which the strategy chooses. */
  readonly to: string | readonly string[];
  /** @default that of the router */
  readonly strategy?: Strategy;
  readonly canary?: Canary;
}

/** Lets a small model say what a call is, for those that no rule is about. */
export interface ClassifyOptions {
  /** The target whose model is asked. */
  readonly by: string;
  /** What there is, in words that the model understands, and where it goes. */
  readonly labels: Readonly<
    Record<string, { readonly about: string; readonly to: string | readonly string[] }>
  >;
  /** Where a call goes of which nobody could say what it is. @default where it was going */
  readonly otherwise?: string | readonly string[];
  /** The longest that a call waits for it. @default '2s' */
  readonly maxWait?: Duration;
  /** How much of what the user wrote the model is shown, from its end. @default 4000 */
  readonly maxCharacters?: number;
  /** Which calls are worth it. @default chat and responses */
  readonly shouldClassify?: (args: { readonly call: Call; readonly inputTokens: number }) => boolean;
}

/** Options of `route`. */
export interface RouteOptions {
  /** By name. */
  targets: Readonly<Record<string, RouteTarget>>;
  /** The first that fits decides. */
  rules?: readonly RouteRule[];
  /** For calls that no rule is about. @default they go where they were going */
  classify?: ClassifyOptions;
  /** How one of several targets is chosen. @default 'first' */
  strategy?: Strategy;
  /** The tag whose values keep to one target: `tenant`, `user`. @default none */
  sticky?: string;
  /**
   * Whether it stands outside of caches, which then keep answers under where they came from. Inside of them, as it is by
   * default, what was sent elsewhere is not kept at all.
   *
   * @default false
   */
  beforeCache?: boolean;
}

/** A target, ready to be used. */
export interface Place extends Destination {
  readonly weight: number;
  /** Whether a call that goes there is another one than before. */
  moves(call: Call): boolean;
}

/** The options of `route`, checked and with the defaults filled in. */
export interface RouteSettings {
  readonly places: ReadonlyMap<string, Place>;
  readonly rules: readonly (RouteRule & { readonly name: string })[];
  readonly classify:
    | (Required<Pick<ClassifyOptions, 'by' | 'labels' | 'maxCharacters' | 'shouldClassify'>> & {
        readonly otherwise: string | readonly string[] | undefined;
        readonly maxWaitMs: number;
      })
    | undefined;
  readonly strategy: Strategy;
  readonly sticky: string | undefined;
  readonly beforeCache: boolean;
  /** All that are in use. */
  readonly strategies: readonly Strategy[];
  /** The settings as data. */
  readonly describe: () => Record<string, unknown>;
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function routeSettings(options: RouteOptions): RouteSettings {
  checkOptions('route', options, RULES);
  const { targets, rules = [], classify, strategy = 'first', sticky, beforeCache = false } = options;
  if (targets === undefined || Object.keys(targets).length === 0)
    throw ConfigurationError.option('route', 'targets', 'an object with at least one target', targets);
  if (rules.length === 0 && !classify)
    throw new ConfigurationError('route: give rules or classify', 'invalid_option');
  const places = new Map(Object.entries(targets).map(([name, target]) => [name, placeOf(name, target)]));
  const named = rules.map((rule, index) => checkedRule(rule, index, places));
  const classifier = classify && checkedClassify(classify, places);
  return {
    places,
    rules: named,
    classify: classifier,
    strategy,
    sticky,
    beforeCache,
    strategies: [strategy, ...named.flatMap((rule) => rule.strategy ?? [])],
    describe: () => ({
      targets: [...places.keys()],
      rules: named.map(({ name, to, strategy: own = strategy, canary }) => ({
        name,
        to: list(to).join(', '),
        ...(list(to).length > 1 && { strategy: own }),
        ...(canary && { canary: `${canary.percent} % to ${canary.to}` }),
      })),
      classify: classify
        ? { by: classify.by, labels: Object.keys(classify.labels), maxWait: classify.maxWait ?? '2s' }
        : 'none',
      strategy,
      sticky: sticky ?? 'none',
      beforeCache,
    }),
  };
}

/** One or several, as a list. */
export function list<T extends string>(value: T | readonly T[]): readonly T[] {
  return typeof value === 'string' ? [value] : value;
}

function placeOf(name: string, given: RouteTarget): Place {
  const owner = `targets.${name}`;
  checkOptions(`route ${owner}`, given, {
    ...targetRules,
    name: [() => false, 'left out: it has a name'],
    weight: option.number(0),
  });
  const { weight = 1, ...target } = given;
  const place = destination('route', owner, { ...target, name });
  const { model, params, headers } = target;
  return {
    ...place,
    weight,
    moves: (call) =>
      place.leaves(call) || (model !== undefined && model !== call.model) || Boolean(params ?? headers),
  };
}

function checkedRule(
  rule: RouteRule,
  index: number,
  places: ReadonlyMap<string, Place>,
): RouteRule & { readonly name: string } {
  const owner = `route rules[${index}]`;
  checkOptions(owner, rule, RULE_RULES);
  checkTo(owner, rule.to, places);
  if (rule.canary) {
    checkOptions(`${owner} canary`, rule.canary, { to: option.string, percent: option.number(0, 100) });
    checkTo(`${owner} canary`, rule.canary.to, places);
  }
  return { ...rule, name: rule.name ?? `rule-${index + 1}` };
}

function checkedClassify(
  classify: ClassifyOptions,
  places: ReadonlyMap<string, Place>,
): NonNullable<RouteSettings['classify']> {
  checkOptions('route classify', classify, CLASSIFY_RULES);
  const {
    by,
    labels,
    otherwise,
    maxWait = '2s',
    maxCharacters = 4000,
    shouldClassify = isConversation,
  } = classify;
  checkTo('route classify', by, places, 'by');
  if (places.get(by)?.model === undefined)
    throw ConfigurationError.option('route classify', 'by', 'a target with a model', by);
  for (const [label, { about, to }] of Object.entries(labels)) {
    if (!/^[\w-]+$/.test(label) || typeof about !== 'string' || about === '')
      throw ConfigurationError.option(
        'route classify',
        `labels.${label}`,
        'a word with { about, to }',
        about,
      );
    checkTo(`route classify labels.${label}`, to, places);
  }
  if (otherwise !== undefined) checkTo('route classify', otherwise, places, 'otherwise');
  const maxWaitMs = milliseconds(maxWait, 'route classify', 'maxWait');
  return { by, labels, otherwise, maxWaitMs, maxCharacters, shouldClassify };
}

function checkTo(owner: string, to: unknown, places: ReadonlyMap<string, Place>, name = 'to'): void {
  const names: unknown[] = Array.isArray(to) ? to : [to];
  const known = [...places.keys()].join(', ');
  if (names.length === 0 || names.some((one) => !places.has(String(one))))
    throw ConfigurationError.option(owner, name, `of the targets: ${known}`, to);
}

function isConversation({ call }: { readonly call: Call }): boolean {
  const { name } = call.operation;
  return name === 'chat' || name === 'responses';
}

const strategyRule = option.oneOf('first', 'weighted', 'cheapest', 'fastest');
const names: OptionRule = [
  (value) => [value].flat().every((one) => typeof one === 'string' && one !== ''),
  'a string or a list of strings',
];

const RULES: Readonly<Record<string, OptionRule>> = {
  targets: option.object,
  rules: [(value) => Array.isArray(value), 'a list of rules'],
  classify: option.object,
  strategy: strategyRule,
  sticky: option.string,
  beforeCache: option.boolean,
};

const RULE_RULES: Readonly<Record<string, OptionRule>> = {
  name: [(value) => /^[\w.-]{1,40}$/.test(String(value)), 'up to 40 letters, digits and ._-'],
  endpoint: names,
  tags: option.object,
  operation: names,
  model: names,
  minInputTokens: option.number(0),
  maxInputTokens: option.number(0),
  when: option.function,
  to: option.any,
  strategy: strategyRule,
  canary: option.object,
};

const CLASSIFY_RULES: Readonly<Record<string, OptionRule>> = {
  by: option.any,
  labels: [
    (value) => option.object[0](value) && Object.keys(value as object).length > 1,
    'an object of at least two labels',
  ],
  otherwise: option.any,
  maxWait: option.any,
  maxCharacters: option.integer(1),
  shouldClassify: option.function,
};
