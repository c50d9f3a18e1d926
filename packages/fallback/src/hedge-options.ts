import {
  ConfigurationError,
  checkOptions,
  destination,
  milliseconds,
  option,
  type Call,
  type Destination,
  type Duration,
  type OptionRule,
  type Target,
} from '@interpose/core';

/** A wait that follows what is usual. */
export interface PercentileOptions {
  /** The part of recent calls of the same operation and model that had their first content by then, in percent. */
  percentile: number;
  /** The shortest wait, however quick the recent ones were. @default '100ms' */
  atLeast?: Duration;
  /** How many calls have to be known before any is hedged. @default 20 */
  minCalls?: number;
}

/** Options of `hedge`. */
export interface HedgeOptions {
  /** How long a call may be without its first content before another try starts beside it. */
  after: Duration | PercentileOptions;
  /** Further tries of one call. @default 1 */
  maxHedges?: number;
  /** The part of all calls that may get a further try. @default 0.05 */
  maxShare?: number;
  /** Where further tries go, one after the other. @default where the call goes */
  targets?: readonly Target[];
  /** Which calls may be sent twice. @default those that do nothing at the provider besides being answered */
  shouldHedge?: (args: { readonly call: Call; readonly byDefault: boolean }) => boolean;
  /** Called when a further try starts. What it throws ends the call. */
  onHedge?: (args: {
    readonly call: Call;
    readonly target: string;
    /** How long the call has been without content. */
    readonly waitedMs: number;
  }) => void;
}

/** The options of `hedge`, checked and with the defaults filled in. */
export interface HedgeSettings extends Required<
  Pick<HedgeOptions, 'maxHedges' | 'maxShare' | 'shouldHedge'>
> {
  readonly after:
    | { readonly ms: number; readonly percentile?: undefined }
    | { readonly percentile: number; readonly atLeastMs: number; readonly minCalls: number };
  readonly targets: readonly Destination[];
  readonly onHedge: HedgeOptions['onHedge'];
  /** The settings as data. */
  readonly describe: () => Record<string, unknown>;
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function hedgeSettings(options: HedgeOptions): HedgeSettings {
  checkOptions('hedge', options, RULES);
  const { after, maxHedges = 1, maxShare = 0.05, targets = [], shouldHedge = byDefault, onHedge } = options;
  if (after === undefined)
    throw ConfigurationError.option('hedge', 'after', 'a duration, or { percentile }', after);
  const places = targets.map((target, index) => destination('hedge', `targets[${index}]`, target));
  return {
    after: afterOf(after),
    maxHedges,
    maxShare,
    targets: places,
    shouldHedge,
    onHedge,
    describe: () => ({
      after: typeof after === 'object' ? { ...after } : after,
      maxHedges,
      maxShare,
      targets: places.length > 0 ? places.map(({ name }) => name) : 'the same',
      shouldHedge: shouldHedge === byDefault ? 'default' : 'custom',
    }),
  };
}

function afterOf(after: Duration | PercentileOptions): HedgeSettings['after'] {
  if (typeof after !== 'object') return { ms: milliseconds(after, 'hedge', 'after') };
  checkOptions('hedge after', after, {
    percentile: option.number(1, 99.9),
    atLeast: option.any,
    minCalls: option.integer(1),
  });
  const { percentile, atLeast = '100ms', minCalls = 20 } = after;
  if (percentile === undefined)
    throw ConfigurationError.option('hedge after', 'percentile', 'a number from 1 to 99.9', percentile);
  return { percentile, atLeastMs: milliseconds(atLeast, 'hedge after', 'atLeast'), minCalls };
}

function byDefault({ byDefault }: { readonly byDefault: boolean }): boolean {
  return byDefault;
}

const RULES: Readonly<Record<string, OptionRule>> = {
  after: option.any,
  maxHedges: option.integer(1),
  maxShare: option.number(0, 1),
  targets: [(value) => Array.isArray(value) && value.length > 0, 'a list of at least one target'],
  shouldHedge: option.function,
  onHedge: option.function,
};
