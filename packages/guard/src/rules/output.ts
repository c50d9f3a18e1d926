import type { Call } from '@interpose/core';
import { NONE, type GuardAction, type Rule } from '../rule.ts';

const PLACE = 'output limit';

/** Whether a call is of an operation that takes a limit of output tokens. */
export function takesLimit({ operation, params }: Call): boolean {
  return operation.outputLimit(params) !== undefined || operation.withOutputLimit(params, 1) !== params;
}

/** Gives calls without a limit of output tokens one: of several policies, the lowest, which suits all of them. */
export function filledOutput(ceiling: number, action: GuardAction): Rule {
  return {
    id: 'maxOutputTokens',
    action,
    rank: ceiling,
    find(call) {
      const { operation, params } = call;
      if (operation.outputLimit(params) !== undefined || !takesLimit(call)) return NONE;
      return [{ place: PLACE, asked: null, allowed: `at most ${ceiling}` }];
    },
    mend: ({ operation, params }) => operation.withOutputLimit(params, ceiling),
  };
}

/** Keeps the limit of output tokens of a call at or below the ceiling. */
export function boundedOutput(ceiling: number, action: GuardAction): Rule {
  return {
    id: 'maxOutputTokens',
    action,
    find({ operation, params }) {
      const asked = operation.outputLimit(params);
      if (asked === undefined || asked <= ceiling) return NONE;
      return [{ place: PLACE, asked, allowed: `at most ${ceiling}` }];
    },
    mend: ({ operation, params }) => operation.withOutputLimit(params, ceiling),
  };
}
