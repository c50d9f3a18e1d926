import type { Call, Channel } from '@interpose/core';
import type { Rule } from './rule.ts';

/** What a {@link Predicate} goes by. */
export interface TextSoFar {
  readonly call: Call;
  readonly channel: Channel;
  /** All of the text, as far as it came. */
  readonly text: string;
}

/** Says of a text whether that is enough. Asked with each stretch that comes. */
export type Predicate = (args: TextSoFar) => boolean;

/** Ends a text after the stretch with which it is enough. */
export function predicate(isEnough: Predicate): Rule {
  return {
    name: 'predicate',
    follow({ call, channel }) {
      let text = '';
      return {
        held: 0,
        next(stretch) {
          text += stretch;
          return isEnough({ call, channel, text }) ? text.length : undefined;
        },
      };
    },
  };
}
