import {
  checkOptions,
  destination,
  option,
  targetRules,
  type Call,
  type Destination,
  type Failure,
  type OptionRule,
  type Target,
} from '@interpose/core';
import { ConfigurationError } from '@interpose/core';

/** Where a call may go when it fails. */
export interface FallbackTarget extends Target {
  /** Whether its context is longer than that of the model asked for: calls that are too long go there, and only there. */
  readonly longerContext?: boolean;
}

/** What a target failed of. */
export interface TargetFailure {
  /** As the options name it; `primary` is where the call was going by itself. */
  readonly target: string;
  readonly failure: Failure;
}

/** What a predicate of `fallback` goes by. */
export interface FallbackArgs {
  readonly call: Call;
  /** The last failure. */
  readonly failure: Failure;
  /** All of them, of the primary first. */
  readonly failures: readonly TargetFailure[];
  /** The target that would be next. */
  readonly target: string;
  /** What happens where no predicate is given. */
  readonly byDefault: boolean;
}

/** Options of `fallback`. */
export interface FallbackOptions {
  /**
   * Whether a call that failed goes to a target.
   *
   * @default for what passes by itself, and for what that target can heal: a key, a quota, a model that is not there, a
   * context that is too short, an open breaker. Not for a wrong request, a content filter, or another unit's refusal.
   */
  when?: (args: FallbackArgs) => boolean;
  /** Called before a call goes to a target. What it throws ends the call. */
  onFallback?: (args: Omit<FallbackArgs, 'byDefault'> & { readonly from: string }) => void;
}

/** A target, ready to be used. */
export interface Place extends Destination {
  readonly longerContext: boolean;
}

/** The options of `fallback`, checked and with the defaults filled in. */
export interface FallbackSettings {
  readonly targets: readonly Place[];
  readonly when: (args: FallbackArgs) => boolean;
  readonly onFallback: FallbackOptions['onFallback'];
  /** The settings as data. */
  readonly describe: () => Record<string, unknown>;
}

/**
 * Checks targets and options and fills in the defaults.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function fallbackSettings(
  targets: readonly FallbackTarget[],
  options: FallbackOptions,
): FallbackSettings {
  checkOptions('fallback', options, RULES);
  if (!Array.isArray(targets) || targets.length === 0)
    throw ConfigurationError.option('fallback', 'targets', 'a list of at least one target', targets);
  const { when = byDefault, onFallback } = options;
  const places = targets.map((target, index) => placeOf(target, `targets[${index}]`));
  refuseTwins(places);
  return {
    targets: places,
    when,
    onFallback,
    describe: () => ({
      targets: places.map(({ name, longerContext }) => (longerContext ? `${name} (longer context)` : name)),
      when: when === byDefault ? 'default' : 'custom',
    }),
  };
}

function placeOf(given: FallbackTarget, place: string): Place {
  checkOptions(`fallback ${place}`, given, { ...targetRules, longerContext: option.boolean });
  const { longerContext = false, ...target } = given;
  return { ...destination('fallback', place, target), longerContext };
}

/** A name stands for one target in errors, events and traces. */
function refuseTwins(places: readonly Place[]): void {
  for (const [index, { name }] of places.entries()) {
    if (name === 'primary' || places.findIndex((place) => place.name === name) < index) {
      throw new ConfigurationError(
        `fallback: two targets are called ${name}; give one of them another name`,
        'invalid_option',
      );
    }
  }
}

function byDefault({ byDefault }: FallbackArgs): boolean {
  return byDefault;
}

const RULES: Readonly<Record<string, OptionRule>> = {
  when: option.function,
  onFallback: option.function,
};
