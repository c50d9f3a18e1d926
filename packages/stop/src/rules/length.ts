import type { Rule } from './rule.ts';

/** Ends a text after so many characters (UTF-16 units, as `length` counts them), and never in the middle of one. */
export function length(most: number): Rule {
  return {
    name: 'maxCharacters',
    follow() {
      let count = 0;
      return {
        held: 0,
        next(stretch) {
          const before = count;
          count += stretch.length;
          if (count < most) return undefined;
          const last = stretch.charCodeAt(most - before - 1);
          // Half of a surrogate pair is no character.
          return last >= 0xd800 && last <= 0xdbff && count > most ? most - 1 : most;
        },
      };
    },
  };
}
