import type { Check, CheckArgs, CheckResult } from '../check.ts';
import { argument, named, type CheckOptions } from './named.ts';

/** Judges whether an answer follows from what the model was given: by a score from 0 to 1, or by a word. */
export type Grounding = (args: CheckArgs) => number | CheckResult | Promise<number | CheckResult>;

/** Options of {@link grounded}. */
export interface GroundedOptions extends CheckOptions {
  /** The lowest score that passes. @default 0.5 */
  minScore?: number;
}

/**
 * Answers follow from their sources, by a judge of yours: a model that is asked through `ask`, a service, a comparison
 * with what was retrieved.
 *
 * @throws {ConfigurationError} where the judge is no function.
 */
export function grounded(judge: Grounding, options: GroundedOptions = {}): Check {
  argument('grounded', typeof judge === 'function', 'a function', judge);
  const { minScore = 0.5 } = options;
  return named(
    {
      name: 'grounded',
      async test(args) {
        const judged = await judge(args);
        if (typeof judged !== 'number') return judged;
        const expected = 'must follow from the sources that were given';
        return { pass: judged >= minScore, score: judged, expected };
      },
    },
    options,
  );
}
