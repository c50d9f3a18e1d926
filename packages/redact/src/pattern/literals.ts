import { longest, shortest, type Pattern } from './pattern.ts';
import { ASCII, type Units } from './units.ts';

// More words, or longer ones, are not worth looking for one by one.
const MOST = 400;
const LONG_ENOUGH = 5;
// What is longer than that is rare.
const LEAST = 4;
const MOST_UNITS = 10;
// So many units, as digits are, only tell something beside one other unit, as the point in `.7` is.
const MANY_UNITS = 6;
const MOST_HEADS = 4;

/**
 * The texts, in lower case, with one of which every match begins; as long as they can be told. Empty where a match
 * may begin with about anything.
 */
function leadsOf(pattern: Pattern, atoms: Atoms): readonly string[] {
  const { open, shut } = leading(pattern, atoms);
  const texts = shortestOf([...open, ...shut]);
  return texts.includes('') ? [] : texts;
}

/** Without those that begin with another one. */
function shortestOf(texts: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (const text of [...new Set(texts)].toSorted()) {
    const last = kept.at(-1);
    if (last === undefined || !text.startsWith(last)) kept.push(text);
  }
  return kept;
}

interface Leads {
  /** Whole texts of the pattern. */
  readonly open: readonly string[];
  /** How its other texts begin. */
  readonly shut: readonly string[];
}

const NOTHING: Leads = { open: [''], shut: [] };
const ANYTHING: Leads = { open: [], shut: [''] };

function leading(pattern: Pattern, atoms: Atoms): Leads {
  switch (pattern.type) {
    case 'boundary':
      return NOTHING;
    case 'unit':
      return atoms.of(pattern.source);
    case 'choice': {
      const options = pattern.options.map((option) => leading(option, atoms));
      const open = [...new Set(options.flatMap((option) => option.open))];
      const shut = [...new Set(options.flatMap((option) => option.shut))];
      return open.length + shut.length > MOST ? ANYTHING : { open, shut };
    }
    case 'sequence':
      return joined(pattern.items.map((item) => () => leading(item, atoms)));
    case 'repeat': {
      const { item, min, max } = pattern;
      const must = Array.from({ length: Math.min(min, LONG_ENOUGH) }, () => () => leading(item, atoms));
      if (max > LONG_ENOUGH) return joined([...must, () => ANYTHING]);
      const may = Array.from({ length: max - min }, () => () => maybe(leading(item, atoms)));
      return joined([...must, ...may]);
    }
  }
}

function maybe({ open, shut }: Leads): Leads {
  return { open: ['', ...open], shut };
}

function joined(parts: readonly (() => Leads)[]): Leads {
  let all = NOTHING;
  for (const part of parts) {
    if (all.open.every((text) => text.length >= LONG_ENOUGH)) return closed(all);
    const next = part();
    if (all !== NOTHING && isWide(next) && !isShort(all.open)) return closed(all);
    if (all.open.length * (next.open.length + next.shut.length) > MOST * 10) return closed(all);
    const open = new Set<string>();
    const shut = new Set(all.shut);
    for (const head of all.open) {
      for (const tail of next.open) {
        const text = head + tail;
        if (text.length > LONG_ENOUGH) shut.add(text.slice(0, LONG_ENOUGH));
        else open.add(text);
      }
      for (const tail of next.shut) shut.add((head + tail).slice(0, LONG_ENOUGH));
    }
    if (open.size + shut.size > MOST) return closed(all);
    all = { open: [...open], shut: [...shut] };
  }
  return all;
}

function isWide({ open, shut }: Leads): boolean {
  return open.length + shut.length > MANY_UNITS && [...open, ...shut].every((text) => text.length <= 1);
}

function isShort(heads: readonly string[]): boolean {
  return heads.length <= MOST_HEADS && heads.every((head) => head.length === 1);
}

/** Nothing more is to be told of how the texts go on. */
function closed({ open, shut }: Leads): Leads {
  return { open: [], shut: [...shut, ...open] };
}

/** The leads of single units. */
class Atoms {
  readonly #flags: string;
  readonly #units: Units;
  readonly #known = new Map<string, Leads>();

  constructor(flags: string, units: Units) {
    this.#flags = flags;
    this.#units = units;
  }

  of(source: string): Leads {
    let known = this.#known.get(source);
    if (!known) this.#known.set(source, (known = this.#leadsOf(source)));
    return known;
  }

  #leadsOf(source: string): Leads {
    const { ascii, other } = this.#units.of(source, this.#flags);
    if (other) return ANYTHING;
    const texts = new Set<string>();
    for (let code = 0; code < ASCII; code++)
      if (ascii[code] === 1) texts.add(String.fromCharCode(code).toLowerCase());
    return texts.size === 0 || texts.size > MOST_UNITS ? ANYTHING : { open: [...texts], shut: [] };
  }
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
  return anchorIn(pattern, new Atoms(flags, units));
}

function anchorIn(pattern: Pattern, atoms: Atoms): Anchor | undefined {
  const items = flat(pattern);
  let best: Anchor | undefined;
  let nearest = 0;
  let farthest = 0;
  for (const [index, item] of items.entries()) {
    // The words that follow are no nearer.
    if (best && worth(best) >= LEAST * 1000 - Math.min(farthest - nearest, 999)) break;
    const words = leadsOf({ type: 'sequence', items: items.slice(index) }, atoms);
    const anchor = { words, nearest, farthest };
    if (words.length > 0 && (!best || worth(anchor) > worth(best))) best = anchor;
    const either = item.type === 'choice' ? anchorOfChoice(item.options, atoms) : undefined;
    if (either) {
      const inside = { ...either, nearest: nearest + either.nearest, farthest: farthest + either.farthest };
      if (!best || worth(inside) > worth(best)) best = inside;
    }
    nearest += shortest(item);
    farthest += longest(item);
  }
  return best;
}

/** The words of all options: these may stand at different places in each. */
function anchorOfChoice(options: readonly Pattern[], atoms: Atoms): Anchor | undefined {
  const anchors: Anchor[] = [];
  for (const option of options) {
    const anchor = anchorIn(option, atoms);
    if (!anchor) return undefined;
    anchors.push(anchor);
  }
  return {
    words: shortestOf(anchors.flatMap(({ words }) => words)),
    nearest: Math.min(...anchors.map(({ nearest }) => nearest)),
    farthest: Math.max(...anchors.map(({ farthest }) => farthest)),
  };
}

/** What follows one another in a pattern: of what is repeated, the first time by itself. */
function flat(pattern: Pattern): readonly Pattern[] {
  if (pattern.type === 'sequence') return pattern.items.flatMap(flat);
  if (pattern.type !== 'repeat' || pattern.min === 0 || pattern.item.type === 'unit') return [pattern];
  return [...flat(pattern.item), { ...pattern, min: pattern.min - 1, max: pattern.max - 1 }];
}

/** Long words are rare, and near ones leave few places to try; a single unit is about everywhere. */
function worth({ words, nearest, farthest }: Anchor): number {
  const least = Math.min(...words.map((word) => word.length), LEAST);
  return least * 1000 - Math.min(farthest - nearest, 999);
}
