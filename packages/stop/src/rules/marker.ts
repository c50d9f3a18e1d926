import type { Rule } from './rule.ts';

/** Ends a text at a marker, wherever it is cut. @param keeps whether the marker is part of what is handed on. */
export function marker(mark: string, keeps: boolean): Rule {
  return {
    name: 'marker',
    follow() {
      /** Characters before `tail`. */
      let before = 0;
      /** The last ones, which may be the beginning of the marker. */
      let tail = '';
      return {
        next(stretch) {
          const window = tail + stretch;
          const at = window.indexOf(mark);
          if (at !== -1) return before + at + (keeps ? mark.length : 0);
          const length = begun(window, mark);
          before += window.length - length;
          tail = window.slice(window.length - length);
          return undefined;
        },
        get held() {
          return keeps ? 0 : tail.length;
        },
      };
    },
  };
}

/** How many of the last characters of a text are the beginning of a marker that is not in it. */
function begun(text: string, mark: string): number {
  let length = Math.min(mark.length - 1, text.length);
  while (!mark.startsWith(text.slice(text.length - length))) length--;
  return length;
}
