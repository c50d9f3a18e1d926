/** What is wrong with a pattern, and how long a match can be at most. */
export interface Reading {
  readonly faults: readonly string[];
  readonly maxLength: number;
}

/** Reads the source of a regular expression without the flag `u`, and adds up what it can match at most. */
export function readPattern(source: string): Reading {
  const faults: string[] = [];
  let at = 0;

  function alternatives(depth: number): number {
    let longest = 0;
    let length = 0;
    while (at < source.length && source[at] !== ')') {
      if (source[at] === '|') {
        at++;
        longest = Math.max(longest, length);
        length = 0;
      } else length += quantified(depth);
    }
    return Math.max(longest, length);
  }

  function quantified(depth: number): number {
    const start = at;
    const length = atom(depth);
    const quantifier = /^(?:[*+]|\?|\{(\d+)(?:(,)(\d*))?\})\??/.exec(source.slice(at));
    if (!quantifier) return length;
    at += quantifier[0].length;
    const [mark, least, comma, most] = quantifier;
    const times = mark.startsWith('?') ? 1 : Number(comma ? most : least);
    if (/^[*+]/.test(mark) || (comma && most === '')) faults.push(`unbounded: ${source.slice(start, at)}`);
    return length * (Number.isNaN(times) ? 1 : times);
  }

  function atom(depth: number): number {
    const rest = source.slice(at);
    const around = /^\(\?(?:<?[=!])/.exec(rest);
    const open = around?.[0] ?? /^\((?:\?:|\?<\w+>)?/.exec(rest)?.[0];
    if (open !== undefined) {
      const start = at;
      at += open.length;
      const length = alternatives(depth + 1);
      at++;
      if (around && length > 1) faults.push(`looks further than a character: ${source.slice(start, at)}`);
      return around ? 0 : length;
    }
    const one =
      /^(?:\[(?:\\.|[^\]\\])*\]|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\k<|\\[^]|[^])/i.exec(rest)?.[0] ?? '';
    at += one.length;
    if (/^\\(?:[1-9]|k<)/.test(one)) faults.push(`refers back: ${one}`);
    return /^(?:\\b|\\B|\^|\$)$/.test(one) ? 0 : 1;
  }

  const maxLength = alternatives(0);
  if (at < source.length) faults.push(`not read to the end: ${source.slice(at)}`);
  return { faults, maxLength };
}
