import { abortable, type Call, type TokenCounter } from '@interpose/core';
import { NONE, type GuardAction, type Rule, type Violation } from '../rule.ts';

/** Keeps calls from being longer than so many tokens. Counts only those that may be. */
export function boundedInput(ceiling: number, action: GuardAction, counter: TokenCounter): Rule {
  const judge = (asked: number): readonly Violation[] =>
    asked <= ceiling ? NONE : [{ place: 'input', asked, allowed: `at most ${ceiling} tokens` }];
  return {
    id: 'maxInputTokens',
    action,
    find(call: Call) {
      const most = counter.atMost?.(call);
      if (most !== undefined && most <= ceiling) return NONE;
      const counted = counter.input(call);
      return typeof counted === 'number' ? judge(counted) : abortable(counted, call.signal).then(judge);
    },
  };
}
