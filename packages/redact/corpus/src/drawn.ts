import { parsePattern } from '../../src/pattern/parse-pattern.ts';
import type { Pattern } from '../../src/pattern/pattern.ts';
import type { Rule } from '../../src/rule.ts';
import type { Draw } from './draw.ts';

// Beyond what a repetition needs, no more than that: what is long is as good as what is short.
const MORE = 12;
const known = new Map<string, readonly string[]>();

/** The characters that an atom of a pattern matches: those of ASCII, or where there are none a few of others. */
function charactersOf(source: string, flags: string): readonly string[] {
  const key = `${flags} ${source}`;
  const before = known.get(key);
  if (before) return before;
  const atom = new RegExp(`^${source}$`, flags);
  const some = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, at) => String.fromCodePoint(from + at)).filter((one) =>
      atom.test(one),
    );
  const ascii = some(32, 127);
  const found = ascii.length > 0 ? ascii : some(9, 0xd800).slice(0, 40);
  known.set(key, found);
  return found;
}

function drawn(pattern: Pattern, flags: string, draw: Draw): string {
  switch (pattern.type) {
    case 'unit':
      return draw.pick(charactersOf(pattern.source, flags));
    case 'boundary':
      return '';
    case 'sequence':
      return pattern.items.map((item) => drawn(item, flags, draw)).join('');
    case 'choice':
      return drawn(draw.pick(pattern.options), flags, draw);
    case 'repeat': {
      const times = draw.int(pattern.min, Math.min(pattern.max, pattern.min + MORE));
      return Array.from({ length: times }, () => drawn(pattern.item, flags, draw)).join('');
    }
  }
}

/** Texts that a rule's pattern matches, drawn anew; not all of them are to the mind of its `validate`. */
export function* drawnFrom({ pattern }: Rule, draw: Draw): Generator<string> {
  const parsed = parsePattern(pattern);
  for (;;) yield drawn(parsed, pattern.flags, draw);
}
