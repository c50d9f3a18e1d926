import { longest, shortest, type Pattern } from './pattern.ts';
import { ASCII, type Units } from './units.ts';

// More words, or longer ones, are not worth looking for one by one.
const MOST = 400;
const LONG_ENOUGH = 5;
const MOST_UNITS = 6;

/**
 * The texts, in lower case, with one of which every match begins; as long as they can be told. Empty where a match
 * may begin with about anything.
 */
function leadsOf(pattern: Pattern, flags: string, units: Units): readonly string[] {
  const { texts } = leading(pattern, flags, units);
  return texts.includes('') ? [] : [...new Set(texts)];
}

interface Leads {
  readonly texts: readonly string[];
  /** Whether these are all texts of the pattern, whole, and not only how they begin. */
  readonly whole: boolean;
}

const NOTHING: Leads = { texts: [''], whole: true };
const ANYTHING: Leads = { texts: [''], whole: false };

function leading(pattern: Pattern, flags: string, units: Units): Leads {
  switch (pattern.type) {
    case 'boundary':
      return NOTHING;
    case 'unit': {
      const texts = asciiOf(pattern.source, flags, units);
      return texts.length === 0 || texts.length > MOST_UNITS ? ANYTHING : { texts, whole: true };
    }
    case 'choice': {
      const options = pattern.options.map((option) => leading(option, flags, units));
      const texts = [...new Set(options.flatMap((option) => option.texts))];
      return texts.length > MOST ? ANYTHING : { texts, whole: options.every(({ whole }) => whole) };
    }
    case 'sequence':
      return joined(pattern.items.map((item) => () => leading(item, flags, units)));
    case 'repeat': {
      const { item, min, max } = pattern;
      if (max > LONG_ENOUGH) {
        const least = Array.from(
          { length: Math.min(min, LONG_ENOUGH) },
          () => () => leading(item, flags, units),
        );
        return { texts: joined(least).texts, whole: false };
      }
      const must = Array.from({ length: min }, () => () => leading(item, flags, units));
      const may = Array.from({ length: max - min }, () => () => maybe(leading(item, flags, units)));
      return joined([...must, ...may]);
    }
  }
}

function maybe({ texts, whole }: Leads): Leads {
  return { texts: ['', ...texts], whole };
}

function joined(parts: readonly (() => Leads)[]): Leads {
  let all = NOTHING;
  for (const part of parts) {
    if (!all.whole) break;
    if (all.texts.every((text) => text.length >= LONG_ENOUGH)) return { ...all, whole: false };
    const next = part();
    if (all.texts.length * next.texts.length > MOST * 10) return { ...all, whole: false };
    const texts = new Set<string>();
    let cut = false;
    for (const head of all.texts) {
      for (const tail of next.texts) {
        const text = head + tail;
        cut ||= text.length > LONG_ENOUGH;
        texts.add(text.slice(0, LONG_ENOUGH));
      }
    }
    if (texts.size > MOST) return { ...all, whole: false };
    all = { texts: [...texts], whole: next.whole && !cut };
  }
  return all;
}

function asciiOf(source: string, flags: string, units: Units): string[] {
  const { ascii, other } = units.of(source, flags);
  if (other) return [];
  const texts = new Set<string>();
  for (let code = 0; code < ASCII; code++)
    if (ascii[code] === 1) texts.add(String.fromCharCode(code).toLowerCase());
  return [...texts];
}

/** Words one of which is in every match, and how far from its beginning. */
export interface Anchor {
  /** In lower case. */
  readonly words: readonly string[];
  /** The fewest and the most units between the beginning of a match and a word. */
  readonly nearest: number;
  readonly farthest: number;
  /** Whether that is only said of the pattern, and cannot be seen from it. */
  readonly told?: boolean;
}

/**
 * The words that are best looked for in a text to find the places where a pattern is worth trying; `undefined` where it
 * has to be tried everywhere.
 */
export function anchorOf(pattern: Pattern, flags: string, units: Units): Anchor | undefined {
  const items = flat(pattern);
  let best: Anchor | undefined;
  let nearest = 0;
  let farthest = 0;
  for (const [index, item] of items.entries()) {
    const words = leadsOf({ type: 'sequence', items: items.slice(index) }, flags, units);
    const anchor = { words, nearest, farthest };
    if (words.length > 0 && (!best || worth(anchor) > worth(best))) best = anchor;
    nearest += shortest(item);
    farthest += longest(item);
  }
  return best;
}

/** What follows one another in a pattern: of what is repeated, the first time by itself. */
function flat(pattern: Pattern): readonly Pattern[] {
  if (pattern.type === 'sequence') return pattern.items.flatMap(flat);
  if (pattern.type !== 'repeat' || pattern.min === 0 || pattern.item.type === 'unit') return [pattern];
  return [...flat(pattern.item), { ...pattern, min: pattern.min - 1, max: pattern.max - 1 }];
}

/** Long words are rare, and near ones leave few places to try; a single unit is about everywhere. */
function worth({ words, nearest, farthest }: Anchor): number {
  const least = Math.min(...words.map((word) => word.length), 4);
  return least * 1000 - Math.min(farthest - nearest, 999);
}
